import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { isolateMemory } from '../../src/keys/key-ports.ts';
import { newSecret } from '../../src/keys/secret.ts';
import { openDatabase } from '../../src/store/database.ts';
import { getKey, rotateKey } from '../../src/store/keys.ts';
import { submit } from '../console/operator.ts';
import { makeKey } from '../support/keys.ts';
import { get, internal } from '../support/router.ts';

/* "May this secret be used now" has one answer, whichever way the secret comes. */

const messages = [{ role: 'user', content: 'hi' }];
const asked = { model: 'test/echo', messages, max_tokens: 5 };
const input = { model: 'test/echo', input: 'hi' };

/** Every door that a client's key opens, with what is sent there; null for a GET. */
const DOORS: readonly (readonly [path: string, body: object | null])[] = [
  ['/api/v1/key', null],
  ['/v1/models', null],
  ['/api/v1/models/test/echo', null],
  ['/api/v1/chat/completions', asked],
  ['/api/v1/messages', asked],
  ['/api/v1/messages/count_tokens', { model: 'test/echo', messages }],
  ['/api/v1/responses', { ...input, store: false }],
  ['/v1/responses/input_tokens', input],
];

/** What each door says to a secret, by its path. */
async function doors(secret: string): Promise<Record<string, number>> {
  const headers = { authorization: `Bearer ${secret}` };
  const answers = DOORS.map(
    ([path, body]) =>
      [path, get(path, body === null ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) })] as const,
  );
  const statuses = [...answers, ['/usage', submit('/usage', { key: secret })] as const].map(async ([path, answer]) => {
    const { status, body } = await answer;
    await body?.cancel();
    return [path, status] as const;
  });
  return Object.fromEntries(await Promise.all(statuses));
}

function all(status: number): Record<string, number> {
  return Object.fromEntries([...DOORS.map(([path]) => path), '/usage'].map((path) => [path, status]));
}

/** A rotation as the command line makes it: in D1, then the router is told that the key has changed. */
async function rotateBesideTheRouter(id: string): Promise<string> {
  const database = openDatabase(env.DB);
  const before = await getKey(database, id);
  if (before === null) throw new Error(`There is no key ${id}.`);
  const { secret, ...stored } = await newSecret('sk');
  const until = new Date(Date.now() + 3_600_000).toISOString();
  expect((await rotateKey(database, before, stored, until, 'cli')).kind).toBe('changed');
  expect((await internal(`/internal/keys/${id}/refresh`, { method: 'POST' })).status).toBe(200);
  return secret;
}

/** What this isolate remembers now, to be remembered again: as one does that nobody has told of a change since. */
function rememberAsNow(): () => void {
  const records = new Map(isolateMemory.records);
  return () => {
    for (const [hash, record] of records) isolateMemory.records.set(hash, { ...record, readAt: Date.now() });
    isolateMemory.unknown.clear();
  };
}

describe('a secret that may be used no more', () => {
  it('is closed at every door after the second rotation, though its grace period had time left', async () => {
    const { secret: first, key } = await makeKey();
    expect(await doors(first)).toEqual(all(200));
    const second = await rotateBesideTheRouter(key.id);
    expect(await doors(first)).toEqual(all(200));
    const third = await rotateBesideTheRouter(key.id);
    expect(await doors(first)).toEqual(all(401));
    expect(await doors(second)).toEqual(all(200));
    expect(await doors(third)).toEqual(all(200));
  });

  const change = (path: string, method: string, body: object = {}) =>
    internal(`/internal/keys/${path}`, { method, body: JSON.stringify(body) });

  it.each([
    ['disabled', (id: string) => change(id, 'PATCH', { status: 'disabled' })],
    ['revoked', (id: string) => change(id, 'DELETE')],
    ['rotated without grace', (id: string) => change(`${id}/rotate`, 'POST', { grace: '0s' })],
    [
      'expired',
      async (id: string) => {
        await env.DB.prepare("UPDATE api_keys SET expires_at = '2020-01-01' WHERE id = ?").bind(id).run();
        return change(`${id}/refresh`, 'POST');
      },
    ],
  ])('(%s) is closed in an isolate that still remembers it as it was', async (_, end) => {
    const { secret, key } = await makeKey();
    expect(await doors(secret)).toEqual(all(200));
    const restore = rememberAsNow();
    expect((await end(key.id)).status).toBe(200);
    restore();
    expect(await doors(secret)).toEqual(all(401));
  });

  it('leaves a row that says why, where the key is known', async () => {
    const { secret, key } = await makeKey();
    expect((await doors(secret))['/v1/models']).toBe(200);
    const restore = rememberAsNow();
    await change(key.id, 'PATCH', { status: 'disabled' });
    restore();
    expect((await get('/v1/models', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401);
    await vi.waitFor(
      async () => {
        await internal('/worker/settle', { method: 'POST' });
        const row = await env.DB.prepare('SELECT error_code FROM request_logs WHERE key_id = ? AND status = 401')
          .bind(key.id)
          .first();
        expect(row).toEqual({ error_code: 'key_disabled' });
      },
      { timeout: 20_000, interval: 200 },
    );
  });
});
