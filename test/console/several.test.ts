import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { app } from '../../src/app.ts';
import type { ApiKey } from '../../src/store/schema.ts';
import { makeKey, makeUsedKey } from '../support/keys.ts';
import { getDirectly } from '../support/router.ts';
import { watchDatabase } from '../support/watched-database.ts';
import { fieldsIn } from './form-fields.ts';
import { auditOf, chatStatus, type Operator } from './key-form.ts';
import { browse, newOperator, ORIGIN } from './operator.ts';

const HOSTILE = `"'><script>alert(1)</script>`;

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator('language=en');
});

type List = 'keys' | 'users' | 'teams';

function asking(list: List, action: string, ids: readonly string[], back = ''): string {
  return `/admin/several/${list}?${new URLSearchParams([['do', action], ['back', back], ...ids.map((id) => ['id', id])])}`;
}

/** What a browser would send of the page that asks. */
async function askedFields(path: string): Promise<Record<string, string>> {
  return fieldsIn(await operator.read(path), path.slice(0, path.indexOf('?')));
}

/** Ticks these, and says yes. */
async function go(list: List, action: string, ids: readonly string[], typed: Record<string, string> = {}) {
  const fields = await askedFields(asking(list, action, ids));
  const response = await operator.send(`/admin/several/${list}`, { ...fields, ...typed });
  return { status: response.status, html: await response.text() };
}

async function undo(list: List, html: string): Promise<string> {
  const path = `/admin/several/${list}/undo`;
  return await (await operator.send(path, fieldsIn(html, path))).text();
}

async function column(id: string, name: string): Promise<unknown> {
  return (
    await env.DB.prepare(`SELECT ${name} AS value FROM api_keys WHERE id = ?`).bind(id).first<{ value: unknown }>()
  )?.value;
}

/** What the page after it says of one. */
function resultOf(html: string, id: string): string {
  const row = html.split('<tr>').find((part) => part.includes(`/${encodeURIComponent(id)}"`)) ?? '';
  return row.replaceAll(/<[^>]*>/g, ' ');
}

async function threeKeys(): Promise<{ keys: ApiKey[]; ids: string[]; secrets: string[] }> {
  const made = await Promise.all([makeKey({ name: 'sv-a', rpm: 60 }), makeKey({ name: 'sv-b' }), makeKey()]);
  return {
    keys: made.map(({ key }) => key),
    ids: made.map(({ key }) => key.id),
    secrets: made.map(({ secret }) => secret),
  };
}

describe('a list', () => {
  it('lets each be ticked, or all of a page, and says what can be done with them; a revoked key cannot', async () => {
    const { ids, keys } = await threeKeys();
    const [first = '', second = '', third = ''] = ids;
    await operator.send(`/admin/keys/${third}/revoke`);
    const owner = keys[0]?.owner ?? '';
    const page = await operator.read(`/admin/keys?q=${owner}`);
    expect(page).toContain(`<input type="checkbox" form="picks" name="id" value="${first}"/>`);
    expect(page).toContain('Select sv-a');
    for (const action of ['disable', 'enable', 'limit']) expect(page).toContain(`name="do" value="${action}"`);
    const back = fieldsIn(page, '/admin/several/keys')['back'] ?? '';
    expect(back).toContain(`q=${owner}`);
    const all = await operator.read('/admin/keys?q=sv-&pick=all');
    expect(all).toMatch(new RegExp(`value="${second}" checked`));
    expect(await operator.read(`/admin/keys?q=${keys[2]?.owner}`)).not.toContain('type="checkbox"');
    const users = await operator.read(`/admin/users?q=${owner}&pick=all`);
    expect(users).toMatch(new RegExp(`form="picks" name="id" value="${owner}" checked`));
  });
});

describe('several keys', () => {
  it('are disabled after a page has said which they are and what stops, each with its row in the audit', async () => {
    const { ids, secrets } = await threeKeys();
    const [first = '', second = '', third = ''] = ids;
    await operator.send(`/admin/keys/${third}/disable`);
    expect(await Promise.all(secrets.slice(0, 2).map(chatStatus))).toEqual([200, 200]);
    const running = await getDirectly('/api/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${secrets[0]}` },
      body: JSON.stringify({ model: 'test/slow', stream: true, messages: [{ role: 'user', content: 'a b c d e f' }] }),
    });
    const page = await operator.read(asking('keys', 'disable', ids));
    expect(page).toContain('<h1>Disable 2 keys?</h1>');
    expect(page).toContain('Running requests that this stops: 1.');
    for (const text of ['sv-a', 'sv-b', 'is disabled', 'stays disabled']) expect(page).toContain(text);
    expect(await column(first, 'status')).toBe('active');
    const { html } = await go('keys', 'disable', ids);
    await running.body?.cancel();
    expect(html).toContain('<h1>Disabled: 2 keys</h1>');
    expect(html).toContain('All is done.');
    expect(await Promise.all(secrets.slice(0, 2).map(chatStatus))).toEqual([401, 401]);
    expect(await auditOf(first)).toEqual(['cli key.create', 'console key.update']);
    expect(await auditOf(second)).toEqual(['cli key.create', 'console key.update']);
    expect(await auditOf(third)).toEqual(['cli key.create', 'console key.update']);
  });

  it('are set back with one button, but not where somebody has changed them since', async () => {
    const { ids, secrets } = await threeKeys();
    const [first = '', second = ''] = ids;
    const { html } = await go('keys', 'disable', ids.slice(0, 2));
    await operator.send(`/admin/keys/${second}`, { rpm: '7' });
    const back = await undo('keys', html);
    expect(back).toContain('<h1>Set back: 1 key</h1>');
    expect(resultOf(back, second)).toContain('changed by somebody else meanwhile');
    expect(await Promise.all(secrets.slice(0, 2).map(chatStatus))).toEqual([200, 401]);
    // And what was set back can be done again.
    expect(await undo('keys', back)).toContain('<h1>Set back: 1 key</h1>');
    expect(await column(first, 'status')).toBe('disabled');
    const enabled = await go('keys', 'enable', ids);
    expect(enabled.html).toContain('<h1>Enabled: 2 keys</h1>');
    expect(await Promise.all(secrets.map(chatStatus))).toEqual([200, 200, 200]);
  });

  it('are not enabled where one was changed after it was looked at', async () => {
    const { ids } = await threeKeys();
    const [first = '', second = ''] = ids;
    await go('keys', 'disable', ids);
    const fields = await askedFields(asking('keys', 'enable', ids.slice(0, 2)));
    await operator.send(`/admin/keys/${first}`, { tpm: '9' });
    const html = await (await operator.send('/admin/several/keys', fields)).text();
    expect(resultOf(html, first)).toContain('changed by somebody else meanwhile');
    expect(resultOf(html, second)).toContain('done');
    expect(html).toContain('Not all could be done.');
    expect([await column(first, 'status'), await column(second, 'status')]).toEqual(['disabled', 'active']);
  });

  it('get limits: what is left empty stays, "none" lifts one, and each gets its own back', async () => {
    const { ids } = await threeKeys();
    const [first = '', second = ''] = ids;
    await operator.send(`/admin/keys/${second}`, { tpm: '5000' });
    const page = await operator.read(asking('keys', 'limit', ids));
    expect(page).toContain('Requests a minute: 60');
    const { html } = await go('keys', 'limit', ids, { rpm: '5', tpm: 'none', budget_day_usd: '2.50' });
    expect(html).toContain('<h1>Limits set of 3 keys</h1>');
    for (const id of ids) {
      expect([await column(id, 'rpm'), await column(id, 'tpm'), await column(id, 'budget_day_usd')]).toEqual([
        ...[5, null, 2.5],
      ]);
    }
    expect((await go('keys', 'limit', [first], { rpm: '5', budget_day_usd: '2.5' })).html).toContain('was so already');
    await undo('keys', html);
    expect([await column(first, 'rpm'), await column(second, 'rpm')]).toEqual([60, null]);
    expect([await column(first, 'tpm'), await column(second, 'tpm')]).toEqual([null, 5000]);
    expect(await column(second, 'budget_day_usd')).toBeNull();
  });

  it('get no limit that is wrong, or none at all: the form says why, and keeps what was typed', async () => {
    const { ids } = await threeKeys();
    const wrong = await go('keys', 'limit', ids, { rpm: '-1', budget_day_usd: HOSTILE });
    expect(wrong.status).toBe(400);
    expect(wrong.html).toContain('Use a whole number from 1');
    expect(fieldsIn(wrong.html, '/admin/several/keys')).toMatchObject({ rpm: '-1', budget_day_usd: HOSTILE });
    expect(wrong.html).not.toContain('<script>alert');
    const empty = await go('keys', 'limit', ids);
    expect([empty.status, empty.html.includes('Fill in at least one limit.')]).toEqual([400, true]);
    expect(await column(ids[0] ?? '', 'rpm')).toBe(60);
  });

  it('may be gone, revoked or so already by then: each is told, and the others are changed', async () => {
    const { ids } = await threeKeys();
    const [gone = '', revoked = '', other = ''] = ids;
    const { key: already } = await makeKey();
    const fields = await askedFields(asking('keys', 'disable', [...ids, already.id]));
    await env.DB.prepare('DELETE FROM api_keys WHERE id = ?').bind(gone).run();
    await operator.send(`/admin/keys/${revoked}/revoke`);
    await operator.send(`/admin/keys/${already.id}/disable`);
    const response = await operator.send('/admin/several/keys', fields);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(resultOf(html, gone)).toContain('is no longer there');
    expect(resultOf(html, revoked)).toContain('is revoked for good');
    expect(resultOf(html, already.id)).toContain('was so already');
    expect(resultOf(html, other)).toContain('done');
    expect(html).toContain('<h1>Disabled: 1 key</h1>');
    // Sent again, which a browser does where the page is loaded anew, it does nothing.
    await operator.send('/admin/several/keys', fields);
    expect(await auditOf(other)).toEqual(['cli key.create', 'console key.update']);
    expect(await operator.read(asking('keys', 'disable', [gone, other]))).toContain('No longer there');
    expect(await operator.read(asking('keys', 'disable', [gone]))).toContain('Nothing is selected');
  });

  it('are all told of where one fails', async () => {
    const { ids } = await threeKeys();
    const [first = '', second = '', third = ''] = ids;
    const fields = await askedFields(asking('keys', 'disable', ids));
    const DB = watchDatabase(env.DB, (statements) => {
      const isUpdate = statements.some(({ sql, values }) => sql.startsWith('update') && values.includes(second));
      if (isUpdate) throw new Error('The database is not there.');
    });
    const request = new Request('http://router.test/admin/several/keys', {
      ...{ method: 'POST', body: new URLSearchParams(fields) },
      headers: { origin: ORIGIN, cookie: operator.cookie },
    });
    const response = await app.fetch(request, { ...env, DB }, createExecutionContext());
    const html = await response.text();
    expect(response.status).toBe(200);
    expect([first, second, third].map((id) => /failed|done/.exec(resultOf(html, id))?.[0])).toEqual([
      ...['done', 'failed', 'done'],
    ]);
    expect(html).toContain('Not all could be done.');
  });

  it('are a page of the list at most, and its fifty take fewer than 500 calls', async () => {
    const made = await Promise.all(Array.from({ length: 51 }, () => makeUsedKey()));
    const ids = made.map(({ key }) => key.id);
    await env.DB.prepare(
      `UPDATE api_keys SET previous_hash = 'old-' || hash, previous_expires_at = '2099-01-01' WHERE id IN
       (SELECT value FROM json_each(?))`,
    )
      .bind(JSON.stringify(ids))
      .run();
    const fields = await askedFields(asking('keys', 'disable', ids));
    expect(JSON.parse(fields['rows'] ?? '')).toHaveLength(50);
    let calls = 0;
    const counted = <T extends object>(binding: T, names: string[]): T =>
      new Proxy(binding, {
        get(target, name) {
          if (names.includes(String(name))) calls += 1;
          const value = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const watched = {
      ...env,
      DB: watchDatabase(env.DB, () => {
        calls += 1;
      }),
      KEY_CACHE: counted(env.KEY_CACHE, ['put', 'get']),
      KEY_LEDGER: counted(env.KEY_LEDGER, ['getByName']),
    };
    const send = (path: string, init: RequestInit = {}) =>
      app.fetch(
        new Request(`http://router.test${path}`, { ...init, headers: { origin: ORIGIN, cookie: operator.cookie } }),
        watched,
        createExecutionContext(),
      );
    await (await send(asking('keys', 'disable', ids))).text();
    expect(calls).toBeGreaterThan(50);
    // Were each ledger asked three times.
    expect(calls).toBeLessThan(200);
    calls = 0;
    const html = await (
      await send('/admin/several/keys', { method: 'POST', body: new URLSearchParams(fields) })
    ).text();
    expect(html).toContain('<h1>Disabled: 50 keys</h1>');
    expect(calls).toBeGreaterThan(200);
    expect(calls + 2 * 50).toBeLessThan(500);
    const more = JSON.stringify(made.map(({ key }) => [key.id, 1, {}]));
    expect((await operator.send('/admin/several/keys', { do: 'enable', rows: more })).status).toBe(303);
  });
});

describe('several users', () => {
  it('are disabled with all their keys and enabled again, and get budgets', async () => {
    const [one, other] = await Promise.all([makeKey(), makeKey()]);
    const names = [one.key.owner, other.key.owner];
    expect(await Promise.all([one.secret, other.secret].map(chatStatus))).toEqual([200, 200]);
    const page = await operator.read(asking('users', 'disable', names));
    expect(page).toContain('<h1>Disable 2 users?</h1>');
    const { html } = await go('users', 'disable', names);
    expect(html).toContain('<h1>Disabled: 2 users</h1>');
    expect(await Promise.all([one.secret, other.secret].map(chatStatus))).toEqual([401, 401]);
    expect(await auditOf(names[0] ?? '')).toEqual(['cli user.create', 'console user.disable']);
    await undo('users', html);
    expect(await Promise.all([one.secret, other.secret].map(chatStatus))).toEqual([200, 200]);
    await go('users', 'limit', names, { budget_month_usd: '30' });
    const { results } = await env.DB.prepare('SELECT budget_month_usd FROM users WHERE name IN (?, ?)')
      .bind(...names)
      .all();
    expect(results).toEqual([{ budget_month_usd: 30 }, { budget_month_usd: 30 }]);
  });

  it('wait for another go where their keys are too many for one', async () => {
    const made = await Promise.all([makeKey(), makeKey(), makeKey()]);
    const names = made.map(({ key }) => key.owner);
    for (const [index, count] of [50, 30, 5].entries()) {
      await env.DB.batch(
        Array.from({ length: count }, (_, number) =>
          env.DB.prepare(
            `INSERT INTO api_keys (id, owner, hash, prefix, last4) VALUES (?1, ?2, ?1, 'sk', 'abcd')`,
          ).bind(...[`key_${names[index]?.replaceAll(/\W/g, '')}${number}`, names[index]]),
        ),
      );
    }
    // Of so many keys not all are asked what they are running, and the page says so.
    await env.DB.prepare('INSERT INTO ledgers (key_id) SELECT id FROM api_keys WHERE hash = id AND owner IN (?, ?, ?)')
      .bind(...names)
      .run();
    const page = await operator.read(asking('users', 'disable', names));
    expect(page).toContain('at least 0, since not every ledger could be asked');
    expect(page).toContain('unknown');
    await env.DB.prepare('DELETE FROM ledgers WHERE key_id IN (SELECT id FROM api_keys WHERE hash = id)').run();
    const { html } = await go('users', 'disable', names);
    expect(names.map((name) => /done|not yet/.exec(resultOf(html, name))?.[0])).toEqual(['done', 'not yet', 'done']);
    const on = /href="(\/admin\/several\/users\?[^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const fields = await askedFields(on);
    expect(await (await operator.send('/admin/several/users', fields)).text()).toContain('Disabled: 1 user<');
  });
});

describe('several teams', () => {
  it('get budgets, and their own back; nothing else can be done to them at once', async () => {
    const names = ['sv-red', 'sv-blue'];
    await operator.send('/admin/teams', { teamname: names[0] ?? '', budget_day_usd: '3' });
    await operator.send('/admin/teams', { teamname: names[1] ?? '' });
    const list = await operator.read('/admin/teams?q=sv-&pick=all');
    expect(list).toMatch(/form="picks" name="id" value="sv-red" checked/);
    expect(list).not.toContain('value="disable"');
    expect((await operator.open(asking('teams', 'disable', names))).status).toBe(303);
    const budgets = async () => {
      const sql = "SELECT budget_day_usd, budget_month_usd FROM teams WHERE name LIKE 'sv-%' ORDER BY name";
      return await env.DB.prepare(sql).raw();
    };
    const { html } = await go('teams', 'limit', names, { budget_day_usd: 'none', budget_month_usd: '60' });
    expect(html).toContain('<h1>Limits set of 2 teams</h1>');
    expect(await budgets()).toEqual([
      [null, 60],
      [null, 60],
    ]);
    expect(await auditOf('sv-red')).toEqual(['console team.create', 'console team.update']);
    await undo('teams', html);
    expect(await budgets()).toEqual([
      [null, null],
      [3, null],
    ]);
  });
});

describe('nobody else', () => {
  it('changes several from another site, or without a session', async () => {
    const { ids, keys } = await threeKeys();
    const rows = JSON.stringify(keys.map(({ id, revision }) => [id, revision, { status: 'disabled' }]));
    for (const path of ['/admin/several/keys', '/admin/several/keys/undo', '/admin/several/users']) {
      const body = new URLSearchParams({ do: 'disable', rows });
      const { cookie } = operator;
      const lured = { method: 'POST', body, headers: { origin: 'http://elsewhere.test', cookie } };
      expect((await browse(path, lured)).status).toBe(403);
      expect((await browse(path, { method: 'POST', body, headers: { cookie } })).status).toBe(403);
      const nobody = await browse(path, { method: 'POST', body, headers: { origin: ORIGIN } });
      expect([nobody.status, nobody.headers.get('location')?.includes('sign-in')]).toEqual([303, true]);
    }
    for (const id of ids) expect(await column(id, 'status')).toBe('active');
  });

  it('makes a page run what it shows, lead elsewhere, or fail', async () => {
    const { key } = await makeKey();
    await env.DB.prepare('UPDATE api_keys SET name = ? WHERE id = ?').bind(HOSTILE, key.id).run();
    const odd = ['https://elsewhere.test/', '//elsewhere.test', '/admin/keys/../../x', HOSTILE, '/me'];
    for (const back of odd) {
      const page = await operator.read(asking('keys', 'limit', [key.id, HOSTILE], back));
      expect(page).not.toContain('<script>alert');
      expect(page).toContain('href="/admin/keys">Back to the list');
    }
    expect(await operator.read(`/admin/keys?q=${key.id}`)).not.toContain('<script>alert');
    const { html } = await go('keys', 'disable', [key.id]);
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;');
    const rows = ['', '[', '{}', '[[]]', '[["a"]]', `[["${key.id}",1.5,{}]]`, `[["${key.id}",1,{"status":5}]]`];
    for (const path of ['/admin/several/keys', '/admin/several/users', '/admin/several/keys/undo']) {
      for (const text of rows) {
        expect((await operator.send(path, { do: 'disable', rows: text })).status).toBe(303);
      }
      expect((await operator.open(path)).status).toBe(303);
    }
    const made = JSON.stringify([[key.id, 1e15, { status: 'revoked', rpm: 'x', hash: 'y', name: 'z' }]]);
    const undone = await operator.send('/admin/several/keys/undo', { rows: made });
    expect([undone.status, resultOf(await undone.text(), key.id).includes('failed')]).toEqual([200, true]);
    expect(await column(key.id, 'name')).toBe(HOSTILE);
    for (const query of ['', '?do=revoke&id=x', '?do=disable', `?do=disable&id=${'x'.repeat(5_000)}`]) {
      expect((await operator.open(`/admin/several/keys${query}`)).status).toBeLessThan(400);
    }
  });
});
