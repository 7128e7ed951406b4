import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { app } from '../../src/app.ts';
import { sweep } from '../../src/ledger/sweep.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import { openDatabase } from '../../src/store/database.ts';
import { paidByKey, totalsByKey } from '../../src/store/shared-budgets.ts';
import { call } from '../api/internal/call.ts';
import { logRequest } from '../console/operator.ts';
import { placesOf } from '../size/places.ts';
import { newTeam } from '../support/access.ts';
import { type Asked, watchDatabase } from '../support/watched-database.ts';

/*
 * What SQLite would do for every statement that a page, a report or the cron asks. "SCAN" goes over a table or an index
 * from its beginning: where that is done the statement says itself where it ends, or the table is one of few rows.
 */

/** Tables that grow with every request or key, and what may be scanned of them, by a part of the statement. */
const BOUNDED: { table: string; statement: RegExp; why: string }[] = [
  {
    table: 'request_logs',
    statement: /from "request_logs".* order by "request_logs"\."request_id" desc.* limit \?/s,
    why: 'the newest first, up to the page’s end; a filter looks at 10,000 rows a page (log-list.ts)',
  },
  {
    table: 'api_keys',
    statement: /from "api_keys".* order by "api_keys"\."id" desc limit \?/s,
    why: 'the newest first, up to the page’s end; a search reads every key, ten thousand in some ms',
  },
  {
    table: 'api_keys',
    statement: /"share" .*order by share DESC/s,
    why: 'every key’s budgets: ten thousand keys, each with its spend by an index, are read in 60 ms',
  },
  {
    table: 'api_keys',
    statement: /order by \(SELECT coalesce\(sum\(cost_nano_usd\), 0\) FROM "usage_monthly".* limit \?/s,
    why: 'by spend: every key’s month by an index, ten thousand in 5 ms',
  },
  {
    table: 'api_keys',
    statement: /^select count\(\*\) from "api_keys"/,
    why: 'how many there are, or match: ten thousand in 2 ms',
  },
  {
    table: 'users',
    statement: /order by coalesce\("cost", 0\) desc.* limit \?/s,
    why: 'by spend: a month of ten thousand keys and two thousand users in 3 ms',
  },
  {
    table: 'api_keys',
    statement: /order by \(SELECT request_id FROM "request_logs".*ORDER BY.* DESC LIMIT 1\) desc.* limit \?/s,
    why: 'by last use: the newest row of every key by an index, ten thousand in 20 ms',
  },
  {
    table: 'users',
    statement: /order by "keys" desc.* limit \?/s,
    why: 'by number of keys: two thousand users and their ten thousand keys by an index in 2 ms',
  },
  {
    table: 'teams',
    statement: /order by coalesce\("cost", 0\) desc.* limit \?/s,
    why: 'by spend: a month of ten thousand keys and the teams in 2 ms',
  },
  { table: 'teams', statement: /order by "members" desc.* limit \?/s, why: 'by number of members, by an index' },
  { table: 'teams', statement: /^select count\(\*\) from "teams"/, why: 'how many there are, or match' },
  { table: 'users', statement: /^select count\(\*\) from "users"/, why: 'how many there are, or match' },
  { table: 'users', statement: /order by "users"\."name" asc limit \?/, why: 'by name, up to the page’s end' },
  { table: 'teams', statement: /order by "teams"\."name" asc limit \?/, why: 'by name, up to the page’s end' },
  { table: 'audit', statement: /order by "audit"\."id" desc limit \?/, why: 'the newest first, up to the page’s end' },
  { table: 'invitations', statement: /order by "invitations"\."id" desc limit \?/, why: 'up to the page’s end' },
  { table: 'dead_letters', statement: /order by "dead_letters"\."id" asc limit \?/, why: 'up to the page’s end' },
  { table: 'ledgers', statement: /order by "ledgers"\."key_id" limit \?/, why: 'up to the slice’s end' },
  { table: 'ledgers', statement: /select count\(\*\) from "ledgers"/, why: 'a row a key; how far a check is' },
];
/** Tables of some dozen rows, and what stands for no table. */
const SMALL =
  /^(providers|models|prices|routes|deployment|member_template|json_each|walk|days|open|asked|dearest|rows_of_key|CONSTANT ROW|\(|\d+ )/;

const asked = new Map<string, Asked>();
const watched = {
  ...env,
  DB: watchDatabase(env.DB, (statements) => {
    for (const each of statements) asked.set(each.sql, each);
  }),
};

interface Scan {
  table: string;
  sql: string;
}

async function scansIn({ sql, values }: Asked): Promise<Scan[]> {
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  return results.flatMap(({ detail }) => {
    const table = /^SCAN (.*)$/.exec(detail)?.[1];
    return table === undefined || SMALL.test(table) ? [] : [{ table: table.replace(/ USING .*/, ''), sql }];
  });
}

/** Asks for every page and report, what shared budgets begin with, and lets a minute of the cron pass. */
async function askForAll(): Promise<void> {
  const { body: key } = await call('POST', '/keys', { username: 'user1', budget_day_usd: 5, budget_total_usd: 9 });
  await call('POST', '/teams', { name: 'team0' });
  await call('PATCH', '/users/user1', { team: 'team0', email: 'user1@example.com' });
  const id = requestId(Date.now());
  await logRequest({ request_id: id, key_id: key.id, owner: 'user1' });
  const team = await newTeam();
  const headers = {
    administrator: { 'cf-access-jwt-assertion': await team.sign('boss@example.com') },
    member: { 'cf-access-jwt-assertion': await team.sign('user1@example.com') },
    secret: { authorization: `Bearer ${env.INTERNAL_SECRET}` },
  };
  const places = placesOf({
    keyId: key.id,
    keyIds: [key.id],
    userNames: ['user1'],
    owner: 'user1',
    team: 'team0',
    requestId: id,
  });
  for (const { path, method = 'GET', as } of places) {
    const request = new Request(`http://router.test${path}`, { method, headers: headers[as], redirect: 'manual' });
    const response = await app.fetch(request, { ...watched, ...team.variables }, createExecutionContext());
    expect([path, response.status]).toEqual([path, 200]);
    await response.text();
  }
  for (const level of [{ kind: 'user', name: 'user1' } as const, { kind: 'team', name: 'team0' } as const]) {
    await paidByKey(openDatabase(watched.DB), level, '2026-11-01');
    await totalsByKey(openDatabase(watched.DB), level);
  }
  await sweep(watched, Math.ceil(Date.now() / 3_600_000) * 3_600_000);
}

it('no statement of a page, a report or the cron goes over a whole table that grows, but where it says itself where it ends', async () => {
  await askForAll();
  const statements = [...asked.values()].filter(({ sql }) => /^\s*(select|with|insert|update|delete)/i.test(sql));
  const all = statements.map(({ sql }) => sql).join('\n');
  for (const table of [
    'request_logs',
    'usage_daily',
    'usage_totals',
    'usage_monthly',
    'api_keys',
    'ledgers',
    'audit',
  ]) {
    expect(all).toContain(table);
  }
  const scans = (await Promise.all(statements.map(scansIn))).flat();
  const isOf =
    ({ table, sql }: Scan) =>
    (each: (typeof BOUNDED)[number]) =>
      each.table === table && each.statement.test(sql);
  expect(scans.filter((scan) => !BOUNDED.some(isOf(scan)))).toEqual([]);
  // And what is said to be bounded is really asked.
  expect(BOUNDED.filter((each) => !scans.some((scan) => isOf(scan)(each)))).toEqual([]);
});
