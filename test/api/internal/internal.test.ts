import { createExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { app } from '../../../src/app.ts';
import { ledgerRow } from '../../support/ledger-row.ts';

let counter = 0;
/** A name that no other test uses. */
function someone(): string {
  counter += 1;
  return `person${counter}`;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }> {
  const response = await exports.default.fetch(`https://router.test/internal${path}`, {
    method,
    headers: { authorization: `Bearer ${env.INTERNAL_SECRET}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  return { status: response.status, body: JSON.parse(await response.text()) };
}

async function echo(key: string): Promise<number> {
  const response = await exports.default.fetch('https://router.test/api/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'test/echo', messages: [{ role: 'user', content: 'hi' }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function makeKey(more: Record<string, unknown> = {}) {
  const { status, body } = await call('POST', '/keys', { username: someone(), ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

async function audited(target: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT actor, action FROM audit WHERE target = ? ORDER BY id')
    .bind(target)
    .all();
  return results.map((row) => `${row['actor']} ${row['action']}`);
}

describe('the door of /internal', () => {
  test('opens for the secret alone, and speaks JSON', async () => {
    for (const authorization of [
      '',
      'Bearer ',
      'Bearer wrong',
      `Basic ${env.INTERNAL_SECRET}`,
      `Bearer ${env.INTERNAL_SECRET}x`,
    ]) {
      const answer = await call('GET', '/users', undefined, { authorization });
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 'invalid_credentials', param: null } } });
    }
    expect((await call('GET', '/users')).status).toBe(200);
    expect(await call('GET', '/nothing')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    expect(await call('PUT', '/keys')).toMatchObject({ status: 405, body: { error: { code: 'method_not_allowed' } } });
  });
});

describe('without an INTERNAL_SECRET of 32 characters', () => {
  test.each(['', 'x'.repeat(31)])('(%j) there is nothing at /internal, for its bearer too', async (secret) => {
    for (const path of ['/internal/users', '/internal/keys', '/internal/nothing']) {
      const request = new Request(`https://router.test${path}`, { headers: { authorization: `Bearer ${secret}` } });
      const response = await app.fetch(request, { ...env, INTERNAL_SECRET: secret }, createExecutionContext());
      const unknown = await app.fetch(new Request('https://router.test/nothing'), { ...env }, createExecutionContext());
      expect(response.status).toBe(404);
      const message = JSON.stringify(await unknown.json()).replace('/nothing', path);
      expect(JSON.stringify(await response.json())).toBe(message);
    }
  });
});

describe('/internal/users', () => {
  test('are made once, listed by page, and disabled with all their keys', async () => {
    const username = someone();
    expect(await call('POST', '/users', { username })).toMatchObject({
      status: 201,
      body: { name: username, status: 'active' },
    });
    expect(await call('POST', '/users', { username })).toMatchObject({
      status: 409,
      body: { error: { param: 'username' } },
    });
    const keys = [await makeKey({ username }), await makeKey({ username })];
    expect(await call('GET', `/users/${username}`)).toMatchObject({ status: 200, body: { name: username, keys: 2 } });
    for (const { key } of keys) expect(await echo(key)).toBe(200);
    expect(await call('PATCH', `/users/${username}`, { status: 'disabled' })).toMatchObject({
      body: { status: 'disabled' },
    });
    for (const { key } of keys) expect(await echo(key)).toBe(401);
    expect((await call('PATCH', `/users/${username}`, { status: 'active' })).status).toBe(200);
    for (const { key } of keys) expect(await echo(key)).toBe(200);
    expect(await audited(username)).toEqual(['api user.create', 'api user.disable', 'api user.enable']);
  });

  test('that are not there are 404, names that cannot be are 400', async () => {
    expect(await call('GET', '/users/nobody')).toMatchObject({ status: 404 });
    expect(await call('PATCH', '/users/nobody', { status: 'disabled' })).toMatchObject({ status: 404 });
    for (const username of ['', 'a b', 'ü', 'x'.repeat(65), 7, null]) {
      expect(await call('POST', '/users', { username })).toMatchObject({
        status: 400,
        body: { error: { param: 'username' } },
      });
    }
  });

  test('page by cursor without gaps or repeats', async () => {
    for (let index = 0; index < 5; index += 1) await call('POST', '/users', { username: `paged${index}` });
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await call('GET', `/users?limit=2&cursor=${cursor}`);
      expect(body.data.length).toBeLessThanOrEqual(2);
      seen.push(...body.data.map((user: { name: string }) => user.name));
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    const { body } = await call('GET', '/users?limit=200');
    expect(seen).toEqual(body.data.map((user: { name: string }) => user.name));
    expect(await call('GET', '/users?limit=0')).toMatchObject({ status: 400, body: { error: { param: 'limit' } } });
  });

  test.each([
    ['/users', '%00'],
    ['/keys', 'abc'],
    ['/logs', 'req_abc'],
    ['/audit', 'last'],
    ['/ledger/dead-letters', 'a%20b'],
  ])('a cursor that %s never gave is refused: the list would seem to be at its end', async (path, cursor) => {
    const answer = await call('GET', `${path}?cursor=${cursor}`);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalid_value', param: 'cursor' } } });
  });
});

describe('/internal/keys', () => {
  test('a made key works, is shown once, and has the limits it was given', async () => {
    const limits = {
      rpm: 100,
      tpm: 5000,
      max_concurrent: 4,
      budget_day_usd: 1.5,
      budget_total_usd: 10,
      reasoning: 'hidden',
    };
    const made = await makeKey({
      ...limits,
      prefix: 'pk',
      name: 'ci',
      models: ['test/*', 'a/b'],
      expires_at: '2099-01-01',
    });
    expect(made.key).toMatch(/^pk-[0-9A-Za-z]{49}$/);
    expect(made).toMatchObject({
      ...limits,
      name: 'ci',
      models: ['test/*', 'a/b'],
      expires_at: '2099-01-01T00:00:00.000Z',
    });
    expect(await echo(made.key)).toBe(200);
    const { body } = await call('GET', `/keys/${made.id}`);
    expect(body).toMatchObject({ id: made.id, last4: made.key.slice(-4) });
    expect(JSON.stringify(body)).not.toMatch(/[0-9a-f]{64}|pk-/);
    const { body: list } = await call('GET', `/keys?owner=${made.owner}`);
    expect(list).toMatchObject({ data: [{ id: made.id }], next_cursor: null });
  });

  test('what cannot be is 400 with the member that is wrong, and nothing is written', async () => {
    const username = someone();
    const WRONG: [string, unknown][] = [
      ['username', 'a b'],
      ['prefix', 'SK'],
      ['prefix', 5],
      ['purpose', 'vim'],
      ['name', '<b>'],
      ['rpm', 0],
      ['rpm', 1.5],
      ['tpm', '12x'],
      ['max_concurrent', -1],
      ['budget_day_usd', -0.01],
      ['budget_week_usd', 1e12],
      ['models', []],
      ['models', 'a b'],
      ['expires_at', 'tomorrow'],
      ['expires_at', '9999-12-31T23:59:59-14:00'],
      ['expires_at', '0000-01-01T00:00:00+14:00'],
      ['reasoning', 'loud'],
      ['rate', 5],
    ];
    for (const [member, value] of WRONG) {
      const answer = await call('POST', '/keys', { username, [member]: value });
      expect(answer, member).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } });
      expect(answer.body.error.param.split('.')[0]).toBe(member);
      expect(answer.body.error.message).not.toContain('Invalid');
    }
    expect(await call('POST', '/keys', '{')).toMatchObject({ status: 400, body: { error: { code: 'invalid_json' } } });
    expect((await call('POST', '/keys', '[]')).status).toBe(400);
    expect((await call('GET', `/users/${username}`)).status).toBe(404);
  });

  test('a change holds from the next request on: disable, enable, revoke for good', async () => {
    const { id, key } = await makeKey();
    expect(await echo(key)).toBe(200);
    expect(await call('PATCH', `/keys/${id}`, { status: 'disabled' })).toMatchObject({
      status: 200,
      body: { status: 'disabled' },
    });
    expect(await echo(key)).toBe(401);
    expect((await call('PATCH', `/keys/${id}`, { status: 'active' })).status).toBe(200);
    expect(await echo(key)).toBe(200);
    expect(await call('DELETE', `/keys/${id}`)).toMatchObject({ status: 200, body: { status: 'revoked' } });
    expect(await echo(key)).toBe(401);
    expect(await call('DELETE', `/keys/${id}`)).toMatchObject({ status: 200, body: { status: 'revoked' } });
    for (const change of [{ status: 'active' }, { status: 'disabled' }, { rpm: 5 }]) {
      expect(await call('PATCH', `/keys/${id}`, change)).toMatchObject({
        status: 409,
        body: { error: { code: 'conflict' } },
      });
    }
    expect((await call('POST', `/keys/${id}/rotate`)).status).toBe(409);
    expect(await audited(id)).toEqual(['api key.create', 'api key.update', 'api key.update', 'api key.revoke']);
  });

  test('limits change by column name, null lifts them, unknown members are refused', async () => {
    const { id } = await makeKey({ rpm: 5 });
    const change = { rpm: null, tpm: 10, models: 'test/echo', name: 'new', purpose: 'cursor', expires_at: null };
    expect(await call('PATCH', `/keys/${id}`, change)).toMatchObject({
      status: 200,
      body: { ...change, models: ['test/echo'] },
    });
    expect(await call('PATCH', `/keys/${id}`, { rmp: 5 })).toMatchObject({
      status: 400,
      body: { error: { param: 'rmp' } },
    });
    expect((await call('PATCH', `/keys/${id}`, {})).status).toBe(400);
    expect((await call('PATCH', '/keys/key_nobody', { rpm: 1 })).status).toBe(404);
  });

  test('rotation: the new secret works at once, the old one until its grace is over, the one before no more', async () => {
    const { id, key: first } = await makeKey({ prefix: 'pk' });
    const { body: second } = await call('POST', `/keys/${id}/rotate`, { grace: '24h' });
    expect(second.key).toMatch(/^pk-/);
    expect([await echo(first), await echo(second.key)]).toEqual([200, 200]);
    const { body: third } = await call('POST', `/keys/${id}/rotate`, { grace: '0s' });
    expect([await echo(first), await echo(second.key), await echo(third.key)]).toEqual([401, 401, 200]);
    expect(await call('POST', `/keys/${id}/rotate`, { grace: 'soon' })).toMatchObject({
      status: 400,
      body: { error: { param: 'grace' } },
    });
    expect((await call('POST', '/keys/key_nobody/rotate')).status).toBe(404);
  });

  test('refresh makes a change by plain SQL hold from the next request on', async () => {
    const { id, key } = await makeKey();
    expect(await echo(key)).toBe(200);
    await env.DB.prepare("UPDATE api_keys SET status = 'revoked' WHERE id = ?").bind(id).run();
    expect(await call('POST', `/keys/${id}/refresh`)).toMatchObject({ status: 200, body: { status: 'revoked' } });
    expect(await echo(key)).toBe(401);
    expect((await call('POST', '/keys/key_nobody/refresh')).status).toBe(404);
  });

  test('verify says what a secret is worth, and why not', async () => {
    const { id, key, owner } = await makeKey({ purpose: 'cursor' });
    expect((await call('POST', '/keys/verify', { key })).body).toEqual({
      valid: true,
      id,
      owner,
      purpose: 'cursor',
      reason: null,
    });
    await call('DELETE', `/keys/${id}`);
    expect((await call('POST', '/keys/verify', { key })).body).toMatchObject({ valid: false, id, reason: 'revoked' });
    const unknown = { valid: false, id: null, owner: null, purpose: null };
    expect((await call('POST', '/keys/verify', { key: 'sk-x' })).body).toEqual({ ...unknown, reason: 'malformed' });
    expect((await call('POST', '/keys/verify', {})).status).toBe(400);
  });

  test('a row edited by hand in any form SQLite takes is read right', async () => {
    const { id, key } = await makeKey();
    const set = (column: string, value: unknown) =>
      env.DB.prepare(`UPDATE api_keys SET ${column} = ? WHERE id = ?`).bind(value, id).run();
    await set('expires_at', '2099-06-01 10:00:00');
    expect((await call('GET', `/keys/${id}`)).body.expires_at).toBe('2099-06-01T10:00:00.000Z');
    await set('models', 'test/echo, a/*');
    expect((await call('GET', `/keys/${id}`)).body.models).toEqual(['test/echo', 'a/*']);
    await set('expires_at', '2020-01-01');
    await call('POST', `/keys/${id}/refresh`);
    expect(await echo(key)).toBe(401);
  });

  test('the audit trail is read newest first and holds no secret', async () => {
    const { id, key } = await makeKey();
    await call('POST', `/keys/${id}/rotate`);
    const { body } = await call('GET', '/audit?limit=2');
    expect(body.data.map((row: { action: string }) => row.action)).toEqual(['key.rotate', 'key.create']);
    const { results } = await env.DB.prepare('SELECT details FROM audit').all();
    expect(JSON.stringify(results)).not.toMatch(/[0-9a-f]{64}/);
    expect(JSON.stringify(results)).not.toContain(key.slice(3, 30));
  });
});

/** Runs the sweep until every row is in D1. */
async function settleAll(): Promise<void> {
  await vi.waitFor(
    async () => {
      const response = await exports.default.fetch('https://router.test/worker/settle', {
        method: 'POST',
        headers: { authorization: `Bearer ${env.INTERNAL_SECRET}` },
      });
      expect(JSON.parse(await response.text())).toMatchObject({ pending: 0 });
    },
    { timeout: 20_000, interval: 200 },
  );
}

describe('/internal/logs, /internal/usage and /internal/ledger', () => {
  test('show each request, sums by day, key, model and user, and that the ledger agrees', async () => {
    const { id, key, owner } = await makeKey();
    for (let index = 0; index < 3; index += 1) expect(await echo(key)).toBe(200);
    await settleAll();

    const { body: first } = await call('GET', `/logs?key=${id}&limit=2`);
    expect(first.data).toHaveLength(2);
    const { body: rest } = await call('GET', `/logs?key=${id}&limit=2&cursor=${encodeURIComponent(first.next_cursor)}`);
    expect(rest).toMatchObject({ data: [{ key_id: id }], next_cursor: null });
    const rows = [...first.data, ...rest.data];
    expect(new Set(rows.map((row) => row.request_id)).size).toBe(3);
    const [row] = rows;
    expect(row).toMatchObject({
      kind: 'settle',
      owner,
      purpose: 'default',
      provider: 'test',
      model: 'echo',
      requested_model: 'test/echo',
      stream: false,
      status: 200,
      end: 'completed',
      source: 'reported',
      error_code: null,
    });
    expect(row.cost_usd).toMatch(/^0(\.\d{1,9})?$/);
    expect((await call('GET', `/logs/${row.request_id}`)).body).toEqual(row);
    expect((await call('GET', '/logs/req_nobody')).status).toBe(404);

    const cost = rows.reduce((sum, each) => sum + each.cost_nano_usd, 0);
    const sums = { requests: 3, cost_nano_usd: cost };
    const by = async (group: string) => (await call('GET', `/usage?by=${group}`)).body.data;
    expect(await by('key')).toContainEqual(expect.objectContaining({ key_id: id, ...sums }));
    expect(await by('user')).toContainEqual(expect.objectContaining({ owner, ...sums }));
    expect((await by('model'))[0]).toMatchObject({ model: 'test/echo' });
    for (const { model } of await by('model')) expect(model).toMatch(/^(none|.+\/.+)$/);
    expect((await by('day'))[0]).toMatchObject({ day: row.day, cost_usd: expect.stringMatching(/^\d+(\.\d+)?$/) });
    expect((await call('GET', '/usage?by=key&from=2020-01-01&to=2020-12-31')).body.data).toEqual([]);
    for (const query of ['by=week', 'from=yesterday', 'to=2026-13-01']) {
      expect((await call('GET', `/usage?${query}`)).status, query).toBe(400);
    }

    const { body: check } = await call('GET', '/ledger/check');
    expect(check.ok).toBe(true);
    expect(check.data).toContainEqual({
      key_id: id,
      ledger_nano_usd: cost,
      d1_nano_usd: cost,
      daily_nano_usd: cost,
      held_nano_usd: 0,
      open_leases: 0,
      outbox: 0,
    });
    expect((await call('POST', '/ledger/repair')).body).toEqual({ repaired: [] });
  });

  test('a ledger that differs from D1 is said, and repaired by sending its rows again', async () => {
    const { id, key } = await makeKey();
    expect(await echo(key)).toBe(200);
    await settleAll();
    await env.DB.prepare('DELETE FROM request_logs WHERE key_id = ?').bind(id).run();
    await env.DB.prepare('DELETE FROM usage_daily WHERE key_id = ?').bind(id).run();
    expect((await call('GET', '/ledger/check')).body.ok).toBe(false);
    expect((await call('POST', '/ledger/repair')).body).toEqual({ repaired: [id] });
    await settleAll();
    expect((await call('GET', '/ledger/check')).body.ok).toBe(true);
  });

  test('dead letters are listed, put back where they can be, and deleted', async () => {
    const { id: keyId, key } = await makeKey();
    expect(await echo(key)).toBe(200);
    await settleAll();
    const insert = (id: string, body: unknown) =>
      env.DB.prepare('INSERT INTO dead_letters (id, body, reason) VALUES (?, ?, ?)')
        .bind(id, JSON.stringify(body), 'too many retries')
        .run();
    await insert('letter-bad', { what: 'is this' });
    const row = await ledgerRow(keyId, null);
    await insert('letter-good', { kind: 'rows', rows: [row] });
    const { body: list } = await call('GET', '/ledger/dead-letters');
    expect(list.data.map((letter: { id: string }) => letter.id)).toEqual(['letter-bad', 'letter-good']);
    expect((await call('POST', '/ledger/dead-letters/letter-bad/retry')).status).toBe(409);
    expect(await call('POST', '/ledger/dead-letters/letter-good/retry')).toMatchObject({ status: 200 });
    const fromCli = { 'x-actor': 'cli' };
    expect(await call('DELETE', '/ledger/dead-letters/letter-bad', undefined, fromCli)).toMatchObject({ status: 200 });
    expect((await call('DELETE', '/ledger/dead-letters/letter-bad')).status).toBe(404);
    expect((await call('POST', '/ledger/dead-letters/letter-good/retry')).status).toBe(404);
    expect((await call('GET', '/ledger/dead-letters')).body).toEqual({ data: [], next_cursor: null });
    expect(await audited('letter-good')).toEqual(['api dead_letter.retry']);
    expect(await audited('letter-bad')).toEqual(['cli dead_letter.delete']);
  });
});
