import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { app } from '../../src/app.ts';
import { openDatabase } from '../../src/store/database.ts';
import { getKey, rotateKey } from '../../src/store/keys.ts';
import { makeKey } from '../support/keys.ts';
import { SECRET } from '../support/router.ts';

/*
 * A second process on the local database (`wrangler d1 execute`) holds its lock for a moment. These are the words in
 * which the local runtime says so; the first two say nothing of SQLite (wrangler 4.155.0, 2026-11-28).
 */
const WORDS = [
  'D1_ERROR: Failed to get session commit token: internal error; reference = jugnreghnl408g0londrboeo',
  'D1_ERROR: internal error; reference = fc2t0ma1isbquttriqg34ll3',
  'D1_ERROR: database is locked: SQLITE_BUSY',
];

/** The test's D1, whose first calls fail with these words: before they do anything, or once it is done. */
function busy(words: string, failures: number, moment: 'before' | 'after' = 'before') {
  const left = { count: failures };
  async function call<T>(job: () => Promise<T>): Promise<T> {
    left.count -= 1;
    if (left.count < 0) return await job();
    if (moment === 'after') await job();
    throw new Error(words);
  }
  const originals = new WeakMap<object, D1PreparedStatement>();
  function wrap(statement: D1PreparedStatement): object {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      first: () => call(() => statement.first()),
      run: () => call(() => statement.run()),
      all: () => call(() => statement.all()),
      raw: () => call(() => statement.raw()),
    };
    originals.set(wrapped, statement);
    return wrapped;
  }
  const DB = {
    prepare: (sql: string) => wrap(env.DB.prepare(sql)),
    batch: (statements: object[]) =>
      call(() => env.DB.batch(statements.map((each) => originals.get(each)).filter((each) => each !== undefined))),
  };
  // What this router asks of D1, and no more.
  return { left, DB: DB as unknown as D1Database };
}

async function internal(DB: D1Database, method: string, path: string, body?: unknown) {
  const init = {
    method,
    headers: { authorization: `Bearer ${SECRET}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  };
  const request = new Request(`http://router.test/internal${path}`, init);
  const response = await app.fetch(request, { ...env, DB }, createExecutionContext());
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

describe('a database that is busy', () => {
  test.each(WORDS)('for a moment (%s) fails nobody, whether it is read or written', async (words) => {
    const { secret, key } = await makeKey();
    for (const path of ['/keys', `/keys/${key.id}`, '/users', '/usage', '/logs', '/audit']) {
      const { left, DB } = busy(words, 3);
      expect(await internal(DB, 'GET', path)).toMatchObject({ status: 200 });
      expect(left.count).toBeLessThan(0);
    }
    expect((await internal(busy(words, 3).DB, 'PATCH', `/keys/${key.id}`, { rpm: 7 })).body).toMatchObject({ rpm: 7 });
    expect(await internal(busy(words, 3).DB, 'POST', '/users', { username: key.id })).toMatchObject({ status: 201 });
    const verified = await internal(busy(words, 3).DB, 'POST', '/keys/verify', { key: secret });
    expect(verified.body).toMatchObject({ valid: true });
  });

  test('for longer than two seconds is told as that, with when to come back: never a 500', async () => {
    const { DB } = busy(WORDS[0] ?? '', Number.POSITIVE_INFINITY);
    const startedAt = Date.now();
    const answer = await internal(DB, 'GET', '/keys');
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'storage_unavailable' } } });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  });

  test('that fails for another reason is not asked again', async () => {
    const { left, DB } = busy('D1_ERROR: no such table: api_keys: SQLITE_ERROR', 1);
    const { key } = await makeKey();
    await expect(getKey(openDatabase(DB), key.id)).rejects.toThrow();
    expect(left.count).toBe(0);
  });
});

describe('a database that did its work and lost the answer', () => {
  test('makes a key once, and its secret is answered', async () => {
    const { DB } = busy(WORDS[1] ?? '', 1, 'after');
    const made = await internal(DB, 'POST', '/keys', { username: 'lost-answer' });
    expect(made.status).toBe(201);
    const keys = await internal(env.DB, 'GET', '/keys?username=lost-answer');
    expect(keys.body.data).toHaveLength(1);
    expect((await internal(env.DB, 'POST', '/keys/verify', { key: made.body.key })).body).toMatchObject({
      valid: true,
    });
    const { results } = await env.DB.prepare("SELECT action FROM audit WHERE target = ? AND action = 'key.create'")
      .bind(made.body.id)
      .all();
    expect(results).toHaveLength(1);
  });

  test('rotates a key once, and the new secret is known', async () => {
    const { key } = await makeKey();
    const stored = { hash: 'f'.repeat(64), prefix: 'sk', last4: 'ffff' };
    const { DB } = busy(WORDS[1] ?? '', 1, 'after');
    const until = new Date(Date.now() + 60_000).toISOString();
    const change = await rotateKey(openDatabase(DB), key, stored, until, 'api');
    expect(change).toMatchObject({ kind: 'changed', key: { hash: stored.hash, previousHash: key.hash } });
  });
});
