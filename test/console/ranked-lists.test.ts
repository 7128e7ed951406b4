import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { requestId } from '../../src/protocol/request-id.ts';
import { fieldsIn } from './form-fields.ts';
import { logRequest, newOperator } from './operator.ts';

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
  await env.DB.prepare('INSERT INTO teams (name) SELECT name FROM users WHERE name LIKE ?').bind('rk-%').run();
  const spend = env.DB.prepare(
    'INSERT INTO usage_monthly (month, key_id, owner, team, cost_nano_usd) VALUES (?, ?, ?, ?, ?)',
  );
  await env.DB.batch([
    spend.bind(MONTH, 'key_rk-150', 'rk-150', 'rk-150', 9e9),
    spend.bind(MONTH, 'key_rk-104', 'rk-104', 'rk-104', 7e9),
    spend.bind('2020-01', 'key_rk-107', 'rk-107', 'rk-107', 99e9),
    env.DB.prepare("UPDATE users SET team = 'rk-103' WHERE name IN ('rk-110', 'rk-111', 'rk-112')"),
    env.DB.prepare("UPDATE users SET team = 'rk-108' WHERE name = 'rk-115'"),
    env.DB.prepare("UPDATE teams SET budget_day_usd = 1.0, budget_total_usd = 900.0 WHERE name = 'rk-120'"),
    env.DB.prepare("UPDATE teams SET budget_month_usd = 40.0 WHERE name = 'rk-121'"),
    env.DB.prepare("UPDATE api_keys SET purpose = 'cursor' WHERE id = 'key_rk-130'"),
    env.DB.prepare("UPDATE users SET created_at = '2020-01-01T00:00:00.000Z' WHERE name = 'rk-170'"),
    env.DB.prepare("UPDATE teams SET created_at = '2020-01-01T00:00:00.000Z' WHERE name = 'rk-171'"),
  ]);
  await logRequest({ request_id: requestId(Date.now()), key_id: 'key_rk-160', owner: 'rk-160' });
  await logRequest({ request_id: requestId(Date.now() - 60_000), key_id: 'key_rk-161', owner: 'rk-161' });
});

/** Whom or what a list shows, in order. */
async function listed(path: string): Promise<string[]> {
  const html = await operator.read(path);
  const body = html.split('<tbody>')[1] ?? '';
  return Array.from(
    body.matchAll(/<th scope="row"[^>]*><a href="\/admin\/(?:keys|users|teams)\/([^"]+)"/g),
    (match) => match[1] ?? '',
  );
}

describe.each([
  ['keys', 'key_rk-'],
  ['users', 'rk-'],
  ['teams', 'rk-'],
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

  it('is narrowed by status and search, and keeps its order then', async () => {
    const found = { keys: 1, users: 3, teams: 121 }[list];
    const status = list === 'keys' ? 'revoked' : 'disabled';
    // Teams have no status.
    expect(await listed(`/admin/${list}?q=rk-&status=${status}`)).toHaveLength(Math.min(found ?? 0, 50));
    const form = fieldsIn(await operator.read(`/admin/${list}?sort=name&order=desc`), `/admin/${list}`);
    expect(form).toMatchObject({ sort: 'name', order: 'desc' });
    expect(await listed(`/admin/${list}?q=RK-SOLO`)).toEqual([`${prefix}solo`]);
    expect(await operator.read(`/admin/${list}?q=${encodeURIComponent('"><script>alert(1)</script>')}`)).not.toContain(
      '<script>alert',
    );
  });
});

describe('the list of keys', () => {
  it('is narrowed by all that a key may come to, as its badge says', async () => {
    await env.DB.batch([
      env.DB.prepare("UPDATE api_keys SET expires_at = '2020-01-01' WHERE owner IN ('rk-201', 'rk-202', 'rk-203')"),
      env.DB.prepare("UPDATE api_keys SET status = 'disabled' WHERE owner = 'rk-202'"),
      env.DB.prepare("UPDATE users SET status = 'disabled' WHERE name = 'rk-203'"),
      env.DB.prepare("UPDATE api_keys SET expires_at = '2999-01-01' WHERE owner = 'rk-204'"),
    ]);
    expect(await listed('/admin/keys?q=rk-20&status=expired')).toEqual(['key_rk-201']);
    expect(await listed('/admin/keys?q=rk-20&status=disabled')).toEqual(['key_rk-202']);
    expect(await listed('/admin/keys?q=rk-20&status=owner_disabled')).toEqual(['key_rk-203']);
    expect(await listed('/admin/keys?q=rk-20&status=active')).toHaveLength(7);
    expect((await listed('/admin/keys?q=rk-20&sort=status')).slice(-3)).toEqual(
      ['202', '201', '203'].map((number) => `key_rk-${number}`),
    );
  });
});

describe('every column that a list shows orders it', () => {
  it.each([
    ['keys', 'used', 'desc', ['key_rk-160', 'key_rk-161']],
    ['keys', 'purpose', '', ['key_rk-130']],
    ['keys', 'status', 'desc', ['key_rk-104']],
    ['keys', 'owner', 'desc', ['key_rk-solo']],
    // Its key is revoked.
    ['users', 'keys', 'asc', ['rk-104']],
    ['users', 'team', 'desc', ['rk-115', 'rk-110', 'rk-111', 'rk-112']],
    ['users', 'status', 'desc', ['rk-100', 'rk-101', 'rk-102']],
    ['users', 'created', 'asc', ['rk-170']],
    ['teams', 'members', '', ['rk-103', 'rk-108']],
    ['teams', 'budget', 'asc', ['rk-120', 'rk-121']],
    ['teams', 'created', 'asc', ['rk-171']],
  ])('%s by %s %s', async (list, sort, order, first) => {
    const path = `/admin/${list}?q=rk-&sort=${sort}${order === '' ? '' : `&order=${order}`}`;
    expect((await listed(path)).slice(0, first.length)).toEqual(first);
  });

  it.each(['keys', 'users', 'teams'])('%s: each heading but those of actions leads to its order', async (list) => {
    const html = await operator.read(`/admin/${list}?q=rk-`);
    const head = html.slice(html.indexOf('<thead>'), html.indexOf('</thead>'));
    const bare = head.split('<th ').filter((part) => part.includes('scope="col"') && !part.includes('<a href='));
    expect(bare.filter((part) => !part.includes('class="quiet"'))).toEqual([]);
  });
});

describe('the keys and the members of a team', () => {
  it('are lists of their own, which search and order keep', async () => {
    expect((await listed('/admin/keys?team=rk-103&sort=name')).toSorted()).toEqual(
      ['110', '111', '112'].map((number) => `key_rk-${number}`),
    );
    expect(await listed('/admin/users?team=rk-103&sort=name')).toEqual(['rk-110', 'rk-111', 'rk-112']);
    const page = await operator.read('/admin/keys?team=rk-103');
    expect(page).toContain('Team: rk-103');
    expect(page).toContain('3 of 3');
    expect(fieldsIn(page, '/admin/keys')['team']).toBe('rk-103');
    expect(page).toMatch(/href="\/admin\/keys\?team=rk-103&amp;sort=name/);
    const hostile = encodeURIComponent('"><script>alert(1)</script>');
    for (const path of [`/admin/keys?team=${hostile}`, `/admin/users?team=${hostile}`, `/admin/teams?q=${hostile}`]) {
      expect(await operator.read(path)).not.toContain('<script>alert');
    }
  });
});
