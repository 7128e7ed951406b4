import { Hono } from 'hono';
import * as z from 'zod/mini';
import { describeUnknown, type UnknownName } from '../../catalog/allow-list.ts';
import { parseDuration, prefixSchema, settingsShape, settingsToColumns, userNameSchema } from '../../keys/limits.ts';
import {
  type ChangedKey,
  changeKey,
  describeSecret,
  EXPIRY_RULE,
  makeKey,
  revokeKey,
  rotateKey,
  type WrongSetting,
} from '../../keys/manage.ts';
import { refreshKey } from '../../keys/refresh-key.ts';
import { keyId } from '../../keys/secret.ts';
import { verifyKey } from '../../keys/verify-key.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { PURPOSES } from '../../pipelines/purposes.ts';
import { RouterError } from '../../protocol/errors.ts';
import { openDatabase } from '../../store/database.ts';
import { describeKey } from '../../store/describe-key.ts';
import { getKey, listKeys, type Unchanged } from '../../store/keys.ts';
import { deskOf } from './desk-of.ts';
import { namesSomething, noQuery, pageShape, readJsonBody, readQuery } from './input.ts';

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
  .check(namesSomething);

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

function pastExpiry(): RouterError {
  return new RouterError('invalid_value', `expires_at: ${EXPIRY_RULE}`, { param: 'expires_at' });
}

function unknownModel(unknown: UnknownName): RouterError {
  return new RouterError('invalid_value', `models: ${describeUnknown(unknown)}`, { param: 'models' });
}

function refusalOf(refused: Unchanged | WrongSetting, id: string): RouterError {
  switch (refused.kind) {
    case 'missing':
      return missing(id);
    case 'revoked':
      return revoked(id);
    case 'stale':
      return stale(id);
    case 'past_expiry':
      return pastExpiry();
    case 'unknown_model':
      return unknownModel(refused.unknown);
  }
}

/** The key that a change left. Throws RouterError where nothing was changed, or the change does not hold at once. */
function changedKey(change: ChangedKey, id: string) {
  if (change.kind !== 'changed') throw refusalOf(change, id);
  if (change.effect === 'at_once') return describeKey(change.key);
  const message = `The change of key ${id} is stored, but its ledger does not answer: it holds within 60 s.`;
  throw new RouterError('ledger_unavailable', message, { retryAfter: 5 });
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
    const { username, prefix, ...settings } = await readJsonBody(c, creationSchema);
    const desk = deskOf(c);
    const asked = { id: keyId(desk.now), owner: username, prefix, settings: settingsToColumns(settings) };
    const made = await makeKey(desk, asked);
    if (made.kind === 'id_taken') throw stale(asked.id);
    if (made.kind !== 'made') throw refusalOf(made, asked.id);
    return c.json(describeSecret(made.key, made.secret, desk.now), 201);
  })
  .post('/verify', noQuery, async (c) => {
    const { key } = await readJsonBody(c, verificationSchema);
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
    const { status, ...settings } = await readJsonBody(c, changeSchema);
    const change = { status, ...settingsToColumns(settings) };
    return c.json(changedKey(await changeKey(deskOf(c), id, change), id));
  })
  .delete('/:id', async (c) => {
    const id = c.req.param('id');
    return c.json(changedKey(await revokeKey(deskOf(c), id), id));
  })
  .post('/:id/rotate', async (c) => {
    const id = c.req.param('id');
    const { grace } = await readJsonBody(c, rotationSchema);
    const desk = deskOf(c);
    const rotated = await rotateKey(desk, id, grace);
    if (rotated.kind !== 'rotated') throw refusalOf(rotated, id);
    return c.json(describeSecret(rotated.key, rotated.secret, desk.now));
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
