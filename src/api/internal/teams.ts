import { Hono } from 'hono';
import * as z from 'zod/mini';
import { budgetsShape, budgetsToColumns, teamNameSchema } from '../../keys/limits.ts';
import { changeTeam, makeTeam, removeTeam } from '../../keys/manage.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { RouterError } from '../../protocol/errors.ts';
import { openDatabase } from '../../store/database.ts';
import { describeTeam, getTeam, listTeams } from '../../store/teams.ts';
import { deskOf } from './desk-of.ts';
import { namesSomething, noQuery, pageShape, readJsonBody, readQuery } from './input.ts';

const creationSchema = z.strictObject({ name: teamNameSchema, ...budgetsShape });
const changeSchema = z.strictObject(budgetsShape).check(namesSomething);

function missing(name: string): RouterError {
  return new RouterError('not_found', `There is no team ${name}.`, { param: 'name' });
}

/** `/internal/teams`. */
export const internalTeams = new Hono<AppEnv>({ strict: false })
  .use('/:name/*', noQuery)
  .get('/', async (c) => {
    const page = await listTeams(openDatabase(c.env.DB), readQuery(c, pageShape(/^\P{Cc}+$/u)));
    return c.json({ data: page.data.map(describeTeam), next_cursor: page.nextCursor });
  })
  .post('/', noQuery, async (c) => {
    const { name, ...budgets } = await readJsonBody(c, creationSchema);
    const { kind, team } = await makeTeam(deskOf(c), name, budgetsToColumns(budgets));
    if (kind === 'exists') throw new RouterError('conflict', `The team ${name} is already there.`, { param: 'name' });
    return c.json(describeTeam(team), 201);
  })
  .get('/:name', async (c) => {
    const name = c.req.param('name');
    const team = await getTeam(openDatabase(c.env.DB), name);
    if (team === null) throw missing(name);
    return c.json(describeTeam(team));
  })
  .patch('/:name', async (c) => {
    const name = c.req.param('name');
    const budgets = budgetsToColumns(await readJsonBody(c, changeSchema));
    const change = await changeTeam(deskOf(c), name, budgets);
    if (change.kind !== 'changed') throw missing(name);
    if (change.effect === 'at_once') return c.json(describeTeam(change.team));
    const message = `The change of team ${name} is stored, and not all of its ledgers know of it yet: it holds within 60 s.`;
    throw new RouterError('ledger_unavailable', message, { retryAfter: 5 });
  })
  .delete('/:name', async (c) => {
    const name = c.req.param('name');
    const removed = await removeTeam(deskOf(c), name);
    if (removed.kind === 'missing') throw missing(name);
    if (removed.kind === 'removed') return c.json({ removed: name });
    const message = `The team ${name} still has members (${removed.members}). Take them out first: PATCH /internal/users/{name} with {"team": null}.`;
    throw new RouterError('conflict', message, { param: 'name' });
  })
  .all('/', methodNotAllowed('GET', 'POST'))
  .all('/:name', methodNotAllowed('GET', 'PATCH', 'DELETE'));
