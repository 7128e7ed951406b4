import { Hono } from 'hono';
import * as z from 'zod/mini';
import { emailSchema, userNameSchema, userSettingsShape, userToColumns } from '../../keys/limits.ts';
import { changeUser, makeUser } from '../../keys/manage.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { RouterError } from '../../protocol/errors.ts';
import { openDatabase } from '../../store/database.ts';
import { describeUser, getUser, listUsers } from '../../store/users.ts';
import { deskOf } from './desk-of.ts';
import { namesSomething, noQuery, pageShape, readJsonBody, readQuery } from './input.ts';

const creationSchema = z.strictObject({ username: userNameSchema, email: emailSchema });
const changeSchema = z
  .strictObject({
    status: z.optional(z.enum(['active', 'disabled'], 'must be active or disabled')),
    ...userSettingsShape,
  })
  .check(namesSomething);

function missing(name: string): RouterError {
  return new RouterError('not_found', `There is no user ${name}.`, { param: 'name' });
}

function emailTaken(email: string | null | undefined): RouterError {
  return new RouterError('conflict', `${email} is the address of another user.`, { param: 'email' });
}

/** `/internal/users`. */
export const internalUsers = new Hono<AppEnv>({ strict: false })
  .use('/:name/*', noQuery)
  .get('/', async (c) => {
    const page = await listUsers(openDatabase(c.env.DB), readQuery(c, pageShape(/^\P{Cc}+$/u)));
    return c.json({ data: page.data.map(describeUser), next_cursor: page.nextCursor });
  })
  .post('/', noQuery, async (c) => {
    const { username, email } = await readJsonBody(c, creationSchema);
    const made = await makeUser(deskOf(c), username, email);
    if (made.kind === 'email_taken') throw emailTaken(email);
    if (made.kind === 'exists')
      throw new RouterError('conflict', `The user ${username} is already there.`, { param: 'username' });
    return c.json(describeUser(made.user), 201);
  })
  .get('/:name', async (c) => {
    const name = c.req.param('name');
    const user = await getUser(openDatabase(c.env.DB), name);
    if (user === null) throw missing(name);
    return c.json(describeUser(user));
  })
  .patch('/:name', async (c) => {
    const name = c.req.param('name');
    const { status, ...settings } = await readJsonBody(c, changeSchema);
    const change = await changeUser(deskOf(c), name, { status, ...userToColumns(settings) });
    if (change.kind === 'unknown_team') {
      throw new RouterError(
        'invalid_value',
        `team: "${settings.team}" is no team. See what there is: GET /internal/teams`,
        { param: 'team' },
      );
    }
    if (change.kind === 'email_taken') throw emailTaken(settings.email);
    if (change.kind !== 'changed') throw missing(name);
    if (change.effect === 'at_once') return c.json(describeUser(change.user));
    const message = `The change of ${name} is stored, but a ledger does not answer: it holds within 60 s.`;
    throw new RouterError('ledger_unavailable', message, { retryAfter: 5 });
  })
  .all('/', methodNotAllowed('GET', 'POST'))
  .all('/:name', methodNotAllowed('GET', 'PATCH'));
