import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { newOperator } from './operator.ts';

const MONTH = new Date().toISOString().slice(0, 7);

type Operator = Awaited<ReturnType<typeof newOperator>>;
let operator: Operator;

beforeAll(async () => {
  operator = await newOperator('language=en');
  await env.DB.prepare("INSERT INTO users (name, email) VALUES ('rk-solo', 'solo@example.com')").run();
  await env.DB.prepare(
    `INSERT INTO users (name, status)
     WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 219)
     SELECT 'rk-' || i, iif(i < 103, 'disabled', 'active') FROM n`,
  ).run();
  await env.DB.prepare(
    `INSERT INTO api_keys (id, owner, name, hash, prefix, last4, status)
     SELECT 'key_' || name, name, 'of-' || name, 'hash-' || name, 'sk', 'abcd', iif(name = 'rk-104', 'revoked', 'active')
     FROM users WHERE name LIKE 'rk-%'`,
  ).run();
  const spend = env.DB.prepare('INSERT INTO usage_monthly (month, key_id, owner, cost_nano_usd) VALUES (?, ?, ?, ?)');
  await env.DB.batch([
    spend.bind(MONTH, 'key_rk-150', 'rk-150', 9e9),
    spend.bind(MONTH, 'key_rk-104', 'rk-104', 7e9),
    spend.bind('2020-01', 'key_rk-107', 'rk-107', 99e9),
  ]);
});

/** Whom or what a list shows, in order. */
async function listed(path: string): Promise<string[]> {
  const html = await operator.read(path);
  const body = html.split('<tbody>')[1] ?? '';
  return Array.from(
    body.matchAll(/<tr><th[^>]*><a href="\/admin\/(?:keys|users)\/([^"]+)"/g),
    (match) => match[1] ?? '',
  );
}

describe.each([
  ['keys', 'key_rk-'],
  ['users', 'rk-'],
])('the list of %s', (list, prefix) => {
  it('begins with what has cost most this month, and is turned round', async () => {
    const first = await listed(`/admin/${list}?q=rk-`);
    expect(first.slice(0, 2)).toEqual([`${prefix}150`, `${prefix}104`]);
    const last = await listed(`/admin/${list}?q=rk-&order=asc&page=3`);
    expect(last.slice(-2)).toEqual([`${prefix}104`, `${prefix}150`]);
  });

  it('is ordered by any column, and says so to those who do not see the arrow', async () => {
    expect((await listed(`/admin/${list}?q=rk-1&sort=name`))[0]).toBe(`${prefix}100`);
    expect((await listed(`/admin/${list}?q=rk-&sort=name&order=desc`))[0]).toBe(`${prefix}solo`);
    expect(await operator.read(`/admin/${list}?q=rk-&sort=name`)).toContain('aria-sort="ascending"');
    expect((await operator.open(`/admin/${list}?sort=constructor&order=%00&page=-1&status=x`)).status).toBe(200);
  });

  it('pages both ways, each once, and tells how many there are', async () => {
    const pages = await Promise.all([1, 2, 3].map((page) => listed(`/admin/${list}?q=rk-&page=${page}`)));
    expect(pages.map(({ length }) => length)).toEqual([50, 50, 21]);
    expect(new Set(pages.flat()).size).toBe(121);
    const middle = await operator.read(`/admin/${list}?q=rk-&page=2`);
    expect(middle).toContain('51–100 of 121');
    expect(middle).toMatch(/href="[^"]*page=1" rel="prev"/);
    expect(middle).toMatch(/href="[^"]*q=rk-[^"]*page=3" rel="next"/);
    expect(await operator.read(`/admin/${list}?q=rk-&page=99`)).toContain('121 in all');
  });

  it('is narrowed by status and search', async () => {
    const status = list === 'keys' ? 'revoked' : 'disabled';
    expect(await listed(`/admin/${list}?q=rk-&status=${status}`)).toHaveLength(list === 'keys' ? 1 : 3);
    expect(await listed(`/admin/${list}?q=RK-SOLO`)).toEqual([`${prefix}solo`]);
    expect(await operator.read(`/admin/${list}?q=${encodeURIComponent('"><script>alert(1)</script>')}`)).not.toContain(
      '<script>alert',
    );
  });
});
