import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { audited, call, echo, makeKey, someone } from './call.ts';

describe('/internal/keys', () => {
  test('a made key works, is shown once, and has the limits it was given', async () => {
    const limits = {
      rpm: 100,
      tpm: 5000,
      max_concurrent: 4,
      budget_day_usd: 1.5,
      budget_total_usd: 10,
      reasoning: 'hidden',
      provider_tools: true,
    };
    const made = await makeKey({
      ...limits,
      prefix: 'pk',
      name: 'ci',
      models: ['test/*', 'zai/glm-5'],
      expires_at: '2099-01-01',
    });
    expect(made.key).toMatch(/^pk-[0-9A-Za-z]{49}$/);
    expect(made).toMatchObject({
      ...limits,
      name: 'ci',
      models: ['test/*', 'zai/glm-5'],
      expires_at: '2099-01-01T00:00:00.000Z',
    });
    expect(await echo(made.key)).toBe(200);
    const { body } = await call('GET', `/keys/${made.id}`);
    expect(body).toMatchObject({ id: made.id, last4: made.key.slice(-4) });
    expect(JSON.stringify(body)).not.toMatch(/[0-9a-f]{64}|pk-/);
    const { body: list } = await call('GET', `/keys?owner=${made.owner}`);
    expect(list).toMatchObject({ data: [{ id: made.id }], next_cursor: null });
  });

  test('an amount that somebody has computed is taken as the billionths that the ledger counts', async () => {
    const made = await call('POST', '/keys', { username: someone(), budget_day_usd: 0.1 + 0.2, budget_week_usd: 1e-9 });
    expect(made).toMatchObject({ status: 201, body: { budget_day_usd: 0.3, budget_week_usd: 1e-9 } });
  });

  test('what cannot be is 400 with the member that is wrong, and nothing is written', async () => {
    const username = someone();
    const WRONG: [string, unknown][] = [
      ['username', 'a b'],
      ['username', '..'],
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
      ['budget_day_usd', 1e-10],
      ['budget_month_usd', '0.1234567891'],
      ['models', []],
      ['models', 'a b'],
      ['models', 'a'.repeat(100_000)],
      ['expires_at', 'tomorrow'],
      ['expires_at', '9999-12-31T23:59:59-14:00'],
      ['expires_at', '0000-01-01T00:00:00+14:00'],
      ['expires_at', '2020-01-31'],
      ['expires_at', new Date().toISOString()],
      ['reasoning', 'loud'],
      ['provider_tools', 1],
      ['provider_tools', 'maybe'],
      ['rate', 5],
    ];
    for (const [member, value] of WRONG) {
      const answer = await call('POST', '/keys', { username, [member]: value });
      expect(answer, member).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } });
      expect(answer.body.error.param.split('.')[0]).toBe(member);
      expect(answer.body.error.message).not.toContain('Invalid');
      expect(answer.body.error.message.length, member).toBeLessThan(500);
    }
    expect(await call('POST', '/keys', '{')).toMatchObject({ status: 400, body: { error: { code: 'invalid_json' } } });
    expect((await call('POST', '/keys', '[]')).status).toBe(400);
    expect((await call('GET', `/users/${username}`)).status).toBe(404);
  });

  test('a list of models that names unknown ones is refused with the nearest names; what stood in it may stay', async () => {
    const username = someone();
    const WRONG: [unknown, string][] = [
      [['zai/glm-5', 'deepseek/deepseek-flsh'], 'deepseek/deepseek-flash'],
      ['zia/*', 'zai/*'],
      ['glm5.3', 'glm-5.3'],
      ['nobody/knows', 'npm run models'],
    ];
    for (const [models, near] of WRONG) {
      const { status, body } = await call('POST', '/keys', { username, models });
      expect({ status, param: body.error.param }).toEqual({ status: 400, param: 'models' });
      expect(body.error.message).toContain(near);
    }
    expect((await call('GET', `/users/${username}`)).status).toBe(404);
    const { id } = await makeKey({ models: ['deepseek-chat', 'test/*'] });
    await env.DB.prepare("UPDATE api_keys SET models = 'gone/away, zai/*' WHERE id = ?").bind(id).run();
    const kept = await call('PATCH', `/keys/${id}`, { models: ['zai/*', 'gone/away', 'kimi-k3'], rpm: 5 });
    expect(kept).toMatchObject({ status: 200, body: { models: ['zai/*', 'gone/away', 'kimi-k3'], rpm: 5 } });
    expect((await call('PATCH', `/keys/${id}`, { models: 'gone/too' })).status).toBe(400);
    expect((await call('PATCH', `/keys/${id}`, { models: 'all' })).body.models).toBeNull();
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
    expect(await call('PATCH', `/keys/${id}`, { rpm: 1, expires_at: '2020-01-31' })).toMatchObject({
      status: 400,
      body: { error: { param: 'expires_at', message: expect.stringContaining('still to come') } },
    });
    expect((await call('GET', `/keys/${id}`)).body).toMatchObject({ rpm: null, expires_at: null });
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

  test('a secret that is of no use yet is answered with why, and stays of no use', async () => {
    const { id, owner } = await makeKey();
    await call('PATCH', `/keys/${id}`, { status: 'disabled' });
    const { status, body } = await call('POST', `/keys/${id}/rotate`);
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'disabled' } });
    expect(body.notice).toContain('disabled and stays so');
    expect(await echo(body.key)).toBe(401);
    await call('PATCH', `/keys/${id}`, { status: 'active' });
    expect(await echo(body.key)).toBe(200);
    await call('PATCH', `/users/${owner}`, { status: 'disabled' });
    const another = await call('POST', '/keys', { username: owner });
    expect(another).toMatchObject({ status: 201, body: { notice: expect.stringContaining('owner is disabled') } });
    await call('PATCH', `/users/${owner}`, { status: 'active' });
    expect((await call('POST', `/keys/${id}/rotate`)).body).not.toHaveProperty('notice');
  });

  test('the audit says of our own command line that it was the one who called', async () => {
    const cli = { 'x-actor': 'cli' };
    const username = someone();
    const { body } = await call('POST', '/keys', { username }, cli);
    await call('PATCH', `/keys/${body.id}`, { rpm: 5 }, cli);
    await call('POST', `/keys/${body.id}/rotate`, {}, cli);
    await call('DELETE', `/keys/${body.id}`, undefined, cli);
    await call('PATCH', `/users/${username}`, { status: 'disabled' }, { 'x-actor': 'console' });
    const done = ['create', 'update', 'rotate', 'revoke'];
    expect(await audited(body.id)).toEqual(done.map((action) => `cli key.${action}`));
    expect(await audited(username)).toEqual(['cli user.create', 'api user.disable']);
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
    const { id, key } = await makeKey({ max_concurrent: 3, budget_day_usd: 2 });
    await call('POST', `/keys/${id}/rotate`);
    const { body } = await call('GET', '/audit?limit=2');
    expect(body.data.map((row: { action: string }) => row.action)).toEqual(['key.rotate', 'key.create']);
    // By the names that were sent.
    expect(body.data[1].details).toMatchObject({ max_concurrent: 3, budget_day_usd: 2 });
    const { results } = await env.DB.prepare('SELECT details FROM audit').all();
    expect(JSON.stringify(results)).not.toMatch(/[0-9a-f]{64}/);
    expect(JSON.stringify(results)).not.toContain(key.slice(3, 30));
  });
});
