import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';

/** What the version before writes of a request: it names no column that it does not know. */
const INSERT_LOG = `INSERT INTO request_logs (
  request_id, kind, key_id, owner, purpose, stream, status, "end", source, input_tokens, cached_tokens,
  cache_write_tokens, output_tokens, reasoning_tokens, cost_nano_usd, attempts, started_at, duration_ms, day
) VALUES (?, 'settle', 'key_1', ?, 'default', 0, 200, ?, 'reported', 1, 0, 0, 1, 0, ?, 1, '2026-11-20T00:00:00.000Z', 5, '2026-11-20')`;

/** A database as the first four migrations made it; an object's SQLite stands in for D1, which a test has one of. */
async function olderDatabase<T>(test: (sql: SqlStorage, migrate: () => void) => T): Promise<T> {
  const stub = env.KEY_LEDGER.getByName(`migrations of ${crypto.randomUUID()}`);
  return await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    const [later = [], earlier] = [
      env.TEST_MIGRATIONS.slice(4).flatMap(({ queries }) => queries),
      env.TEST_MIGRATIONS.slice(0, 4),
    ];
    for (const query of earlier.flatMap(({ queries }) => queries)) sql.exec(query);
    sql.exec("INSERT INTO users (name) VALUES ('ann'), ('bob')");
    sql.exec("INSERT INTO api_keys (id, owner, hash, prefix, last4) VALUES ('key_1', 'ann', 'h', 'sk', 'last')");
    return test(sql, () => {
      for (const query of later) sql.exec(query);
    });
  });
}

it('0005 keeps the log and its sums, and the version before goes on writing', async () => {
  await olderDatabase((sql, migrate) => {
    sql.exec(INSERT_LOG, 'req_1', 'ann', 'completed', 10);
    migrate();
    sql.exec(INSERT_LOG, 'req_2', 'ann', 'rejected', 0);
    sql.exec(`${INSERT_LOG} ON CONFLICT DO NOTHING`, 'req_2', 'ann', 'rejected', 0);
    const logs = sql.exec('SELECT request_id, repeated, team, endpoint, session, tags, notice FROM request_logs');
    const plain = { repeated: 0, team: null, endpoint: 'chat', session: null, tags: null, notice: null };
    expect(logs.toArray()).toEqual([
      { request_id: 'req_1', ...plain },
      { request_id: 'req_2', ...plain },
    ]);
    expect(sql.exec('SELECT owner, endpoint, requests, errors, cost_nano_usd AS cost FROM usage_daily').one()).toEqual({
      owner: 'ann',
      endpoint: 'chat',
      requests: 2,
      errors: 1,
      cost: 10,
    });
    expect(sql.exec('SELECT provider_tools FROM api_keys').one()).toEqual({ provider_tools: 0 });
    expect(() => sql.exec('UPDATE api_keys SET provider_tools = 2')).toThrow(/CHECK/);
  });
});

it('0005 counts what a row stands for, and leaves a day with the owner whose it was', async () => {
  await olderDatabase((sql, migrate) => {
    migrate();
    sql.exec(INSERT_LOG, 'req_1', 'ann', 'completed', 10);
    sql.exec(INSERT_LOG, 'req_2', 'bob', 'completed', 7);
    sql.exec(
      INSERT_LOG.replace('request_id,', 'repeated, request_id,').replace('(?,', '(70, ?,'),
      'req_3',
      'bob',
      'rejected',
      0,
    );
    const days = sql.exec('SELECT owner, requests, errors, cost_nano_usd AS cost FROM usage_daily ORDER BY owner');
    expect(days.toArray()).toEqual([
      { owner: 'ann', requests: 1, errors: 0, cost: 10 },
      { owner: 'bob', requests: 72, errors: 71, cost: 7 },
    ]);
  });
});

it('0005 takes the hashes out of the dead letters', async () => {
  await olderDatabase((sql, migrate) => {
    const key = { id: 'key_1', owner: 'ann', hash: 'abc', previousHash: 'def', revision: 7, updatedAt: '2026-11-20' };
    const letters = [{ kind: 'settle', key, settlement: {} }, { kind: 'rows', rows: [] }, 'garbage'];
    for (const [index, body] of letters.entries())
      sql.exec("INSERT INTO dead_letters (id, body, reason) VALUES (?, ?, 'r')", `${index}`, JSON.stringify(body));
    sql.exec("INSERT INTO dead_letters (id, body, reason) VALUES ('z', 'no JSON', 'r')");
    migrate();
    const bodies = sql.exec<{ body: string }>('SELECT body FROM dead_letters ORDER BY id').toArray();
    expect(JSON.parse(bodies[0]?.body ?? '')).toEqual({
      kind: 'settle',
      key: { id: 'key_1', owner: 'ann', hash: '', previousHash: null, revision: 0, updatedAt: '' },
      settlement: {},
    });
    expect(bodies.slice(1).map(({ body }) => body)).toEqual(['{"kind":"rows","rows":[]}', '"garbage"', 'no JSON']);
  });
});

it('0011 keeps the sums of days that are over, and drops them where the version before writes to such a day', async () => {
  await olderDatabase((sql, migrate) => {
    sql.exec(INSERT_LOG, 'req_1', 'ann', 'completed', 10);
    sql.exec(INSERT_LOG, 'req_2', 'bob', 'rejected', 5);
    migrate();
    const totals = () => sql.exec('SELECT day, requests, errors, cost_nano_usd AS cost FROM usage_totals').toArray();
    expect(totals()).toEqual([{ day: '2026-11-20', requests: 2, errors: 1, cost: 15 }]);
    sql.exec(`${INSERT_LOG} ON CONFLICT DO NOTHING`, 'req_2', 'bob', 'rejected', 5);
    expect(totals()).toHaveLength(1);
    sql.exec(INSERT_LOG, 'req_3', 'ann', 'completed', 1);
    expect(totals()).toEqual([]);
  });
});

it('0012 tells whose the errors were, as far as the log goes back, and the version before goes on writing', async () => {
  await olderDatabase((sql, migrate) => {
    const failed = (id: string, end: string, status: number, code: string) =>
      sql.exec(
        INSERT_LOG.replace('request_id,', 'error_code, request_id,')
          .replace('(?,', '(?, ?,')
          .replace(' 200,', ` ${status},`),
        ...[code, id, 'ann', end, 0],
      );
    const sums = () =>
      sql
        .exec('SELECT sum(errors) AS errors, sum(own_errors) AS own, sum(provider_errors) AS provider FROM usage_daily')
        .one();
    failed('req_1', 'upstream_failed', 503, 'upstream_overloaded');
    failed('req_2', 'rejected', 402, 'budget_exceeded');
    migrate();
    expect(sums()).toEqual({ errors: 2, own: 0, provider: 1 });
    failed('req_3', 'timeout', 504, 'upstream_timeout');
    failed('req_4', 'rejected', 503, 'ledger_unavailable');
    failed('req_5', 'upstream_failed', 400, 'invalid_request');
    expect(sums()).toEqual({ errors: 5, own: 1, provider: 2 });
  });
});

it('0010 lets the audit name people, keeps its rows with their ids, and the version before goes on writing', async () => {
  await olderDatabase((sql, migrate) => {
    sql.exec(
      "INSERT INTO audit (actor, action, target) VALUES ('cli', 'user.create', 'ann'), ('api', 'key.create', 'key_1')",
    );
    sql.exec("DELETE FROM audit WHERE actor = 'cli'");
    migrate();
    sql.exec("INSERT INTO audit (actor, action, target) VALUES ('console:ann@example.com', 'key.create', 'key_2')");
    expect(sql.exec('SELECT id, actor, target FROM audit').toArray()).toEqual([
      { id: 2, actor: 'api', target: 'key_1' },
      { id: 3, actor: 'console:ann@example.com', target: 'key_2' },
    ]);
    expect(() => sql.exec("INSERT INTO audit (actor, action, target) VALUES ('somebody', 'x', 'y')")).toThrow(/CHECK/);
    expect(sql.exec('SELECT enabled, max_keys, revision FROM member_template').one()).toEqual({
      enabled: 0,
      max_keys: 5,
      revision: 1,
    });
    sql.exec("UPDATE users SET email = 'ann@example.com' WHERE name = 'ann'");
    expect(() => sql.exec("UPDATE users SET email = 'ann@example.com' WHERE name = 'bob'")).toThrow(/UNIQUE/);
    expect(() => sql.exec("UPDATE users SET email = 'Bob@example.com' WHERE name = 'bob'")).toThrow(/CHECK/);
  });
});

it('0009 gives everybody an id and a revision, and the version before goes on making users', async () => {
  await olderDatabase((sql, migrate) => {
    migrate();
    const INSERT = 'INSERT INTO users (name, status, created_at) VALUES (?, ?, ?)';
    sql.exec(INSERT, 'eve', 'active', '2026-11-20T00:00:00.000Z');
    sql.exec("INSERT INTO teams (name, budget_day_usd) VALUES ('core', 2)");
    const people = sql.exec<{ id: string }>('SELECT id, updated_at FROM users').toArray();
    expect(new Set(people.map(({ id }) => id)).size).toBe(3);
    for (const person of people) expect(Object.values(person)).not.toContain(null);
    const revisionOf = (table: string) => sql.exec<{ revision: number }>(`SELECT revision FROM ${table}`).toArray();
    expect(revisionOf('teams')).toEqual([{ revision: expect.any(Number) }]);
    const [before] = revisionOf("users WHERE name = 'ann'");
    sql.exec("UPDATE users SET budget_day_usd = 1, team = 'core' WHERE name = 'ann'");
    expect(revisionOf("users WHERE name = 'ann'")).toEqual([{ revision: (before?.revision ?? 0) + 1 }]);
    expect(() => sql.exec("UPDATE users SET team = 'nobodys' WHERE name = 'ann'")).toThrow(/FOREIGN KEY/);
    expect(() => sql.exec("DELETE FROM teams WHERE name = 'core'")).toThrow(/FOREIGN KEY/);
    expect(() => sql.exec('UPDATE teams SET budget_day_usd = -1')).toThrow(/CHECK/);
    expect(() => sql.exec("UPDATE users SET budget_week_usd = 'much'")).toThrow(/CHECK/);
  });
});

it('0008 knows the ledgers that are there, and what each month has cost', async () => {
  await olderDatabase((sql, migrate) => {
    sql.exec(INSERT_LOG, 'req_1', 'ann', 'completed', 10);
    sql.exec(INSERT_LOG, 'req_2', 'ann', 'rejected', 0);
    migrate();
    expect(sql.exec('SELECT * FROM ledgers').toArray()).toEqual([
      { key_id: 'key_1', jurisdiction: null, location: null, since: '2026-11-20T00:00:00.000Z' },
    ]);
    // The version before still writes: the trigger counts its rows in both sums.
    sql.exec(INSERT_LOG, 'req_3', 'ann', 'completed', 7);
    sql.exec(`${INSERT_LOG} ON CONFLICT DO NOTHING`, 'req_3', 'ann', 'completed', 7);
    sql.exec(INSERT_LOG, 'req_4', 'ann', 'rejected', 0);
    // What the consumer has added up is not counted again.
    sql.exec(
      INSERT_LOG.replace('request_id,', 'summed, request_id,').replace('(?,', '(1, ?,'),
      'req_5',
      'ann',
      'completed',
      5,
    );
    expect(sql.exec('SELECT month, key_id, owner, team, cost_nano_usd FROM usage_monthly').toArray()).toEqual([
      { month: '2026-11', key_id: 'key_1', owner: 'ann', team: '', cost_nano_usd: 17 },
    ]);
    expect(sql.exec('SELECT requests, errors, cost_nano_usd AS cost FROM usage_daily').toArray()).toEqual([
      { requests: 4, errors: 2, cost: 17 },
    ]);
  });
});
