import { env, exports } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';

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
      ['reasoning', 'loud'],
      ['rate', 5],
    ];
    for (const [member, value] of WRONG) {
      const answer = await call('POST', '/keys', { username, [member]: value });
      expect(answer, member).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } });
      expect(answer.body.error.param.split('.')[0]).toBe(member);
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
