import { Hono } from 'hono';
import * as z from 'zod/mini';
import { parseDuration, prefixSchema, settingsShape, settingsToColumns, userNameSchema } from '../../keys/limits.ts';
import { refreshKey } from '../../keys/refresh-key.ts';
import { keyId, newSecret } from '../../keys/secret.ts';
import { verifyKey } from '../../keys/verify-key.ts';
import { logFault } from '../../log-line.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { PURPOSES } from '../../pipelines/purposes.ts';
import { RouterError } from '../../protocol/errors.ts';
import { openDatabase } from '../../store/database.ts';
import { describeKey } from '../../store/describe-key.ts';
import { createKey, getKey, type KeyChange, listKeys, revokeKey, rotateKey, updateKey } from '../../store/keys.ts';
import type { ApiKey } from '../../store/schema.ts';
import { noQuery, pageShape, readBody, readQuery } from './input.ts';

const creationSchema = z.strictObject({
  username: userNameSchema,
  prefix: z._default(prefixSchema, 'sk'),
  ...settingsShape(PURPOSES),
});

const changeSchema = z
  .strictObject({
    status: z.optional(z.enum(['active', 'disabled', 'revoked'], 'must be active, disabled or revoked')),
    ...settingsShape(PURPOSES),
  })
  .check(z.refine((change) => Object.values(change).some((value) => value !== undefined), 'names nothing to change'));

const GRACE_RULE = 'must be a duration such as 24h, 15m or 0s';
const rotationSchema = z.strictObject({
  grace: z._default(
    z.pipe(
      z.string(GRACE_RULE),
      z.transform((text, context) => {
        const milliseconds = parseDuration(text);
        if (milliseconds !== null) return milliseconds;
        context.issues.push({ code: 'custom', message: GRACE_RULE, input: text });
        return z.NEVER;
      }),
    ),
    24 * 3_600_000,
  ),
});

const verificationSchema = z.strictObject({ key: z.string('must be the key to look at') });

function missing(id: string): RouterError {
  return new RouterError('not_found', `There is no key ${id}.`, { param: 'id' });
}

function revoked(id: string): RouterError {
  return new RouterError('conflict', `The key ${id} is revoked, and that is final: create a new one.`, {
    param: 'status',
  });
}

function stale(id: string): RouterError {
  return new RouterError('conflict', `The key ${id} was changed at the same moment, so nothing was done. Try again.`);
}

/** The key that a change left. Throws RouterError where nothing was changed. */
function changedKey(change: KeyChange, id: string): ApiKey {
  if (change.kind === 'missing') throw missing(id);
  if (change.kind === 'revoked') throw revoked(id);
  if (change.kind === 'stale') throw stale(id);
  return change.key;
}

const listText = z.optional(z.string());
const listShape = { owner: listText, username: listText, search: listText, ...pageShape(/^key_\w+$/) };

const collection = new Hono<AppEnv>()
  .get('/', async (c) => {
    const { owner, username, search, ...page } = readQuery(c, listShape);
    const found = await listKeys(openDatabase(c.env.DB), {
      ...page,
      owner: owner ?? username ?? null,
      search: search ?? null,
    });
    return c.json({ data: found.data.map(describeKey), next_cursor: found.nextCursor });
  })
  .post('/', noQuery, async (c) => {
    const { username, prefix, ...settings } = await readBody(c, creationSchema);
    const { secret, ...stored } = await newSecret(prefix);
    const row = { id: keyId(Date.now()), owner: username, ...stored, ...settingsToColumns(settings) };
    // Nobody has seen the key before, so nobody needs to be told.
    const key = await createKey(openDatabase(c.env.DB), row, 'api');
    if (key === null) throw stale(row.id);
    return c.json({ ...describeKey(key), key: secret }, 201);
  })
  .post('/verify', noQuery, async (c) => {
    const { key } = await readBody(c, verificationSchema);
    return c.json(await verifyKey(openDatabase(c.env.DB), key, Date.now()));
  })
  .all('/verify', methodNotAllowed('POST'));

const single = new Hono<AppEnv>()
  .use('/:id/*', noQuery)
  .get('/:id', async (c) => {
    const id = c.req.param('id');
    const key = await getKey(openDatabase(c.env.DB), id);
    if (key === null) throw missing(id);
    return c.json(describeKey(key));
  })
  .patch('/:id', async (c) => {
    const id = c.req.param('id');
    const { status, ...settings } = await readBody(c, changeSchema);
    const change = { status, ...settingsToColumns(settings) };
    const key = changedKey(await updateKey(openDatabase(c.env.DB), id, change, 'api'), id);
    await refreshKey(c.env, id);
    return c.json(describeKey(key));
  })
  .delete('/:id', async (c) => {
    const id = c.req.param('id');
    const key = changedKey(await revokeKey(openDatabase(c.env.DB), id, 'api'), id);
    await refreshKey(c.env, id);
    return c.json(describeKey(key));
  })
  .post('/:id/rotate', async (c) => {
    const id = c.req.param('id');
    const { grace } = await readBody(c, rotationSchema);
    const before = await getKey(openDatabase(c.env.DB), id);
    if (before === null) throw missing(id);
    const { secret, ...stored } = await newSecret(before.prefix);
    const until = new Date(Date.now() + grace).toISOString();
    const key = changedKey(await rotateKey(openDatabase(c.env.DB), before, stored, until, 'api'), id);
    try {
      await refreshKey(c.env, id, before.previousHash === null ? [] : [before.previousHash]);
    } catch (cause) {
      // The rotation is stored and its secret is in nobody's hands yet: it must be answered all the same.
      logFault('refresh_failed', cause, { key_id: id });
    }
    return c.json({ ...describeKey(key), key: secret });
  })
  .post('/:id/refresh', async (c) => {
    const id = c.req.param('id');
    const key = await refreshKey(c.env, id);
    if (key === null) throw missing(id);
    return c.json(describeKey(key));
  });

/** `/internal/keys`. */
export const internalKeys = new Hono<AppEnv>({ strict: false })
  .route('/', collection)
  .route('/', single)
  .all('/', methodNotAllowed('GET', 'POST'))
  .all('/:id', methodNotAllowed('GET', 'PATCH', 'DELETE'))
  .all('/:id/:action{rotate|refresh}', methodNotAllowed('POST'));
