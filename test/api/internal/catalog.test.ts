import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { editBySql, putRows } from '../../support/catalog.ts';
import { routerWith } from '../../support/impatient-router.ts';
import { makeKey } from '../../support/keys.ts';
import { ledgerRow } from '../../support/ledger-row.ts';
import { get } from '../../support/router.ts';
import { audited, call } from './call.ts';

afterEach(async () => {
  vi.restoreAllMocks();
  await editBySql('DELETE FROM routes', 'DELETE FROM models', 'DELETE FROM prices', 'DELETE FROM providers');
});

async function ask(model: string, secret: string, path = '/api/v1/chat/completions') {
  const response = await get(path, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'hi there' }] }),
  });
  const { headers, status } = response;
  const served = `${headers.get('x-llm-provider')}/${headers.get('x-llm-model')}`;
  return { response, status, served, text: await response.text() };
}

/** `GET /models` or one of them, as a key sees it. */
async function shownTo(secret: string, name = '', headers: Record<string, string> = {}) {
  const response = await get(`/api/v1/models${name}`, { headers: { authorization: `Bearer ${secret}`, ...headers } });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const to = (...models: string[]) => ({ targets: models.map((model) => ({ model })) });

describe('a change through /internal holds from the next request on', () => {
  it('of a route', async () => {
    const { secret } = await makeKey();
    expect((await ask('team', secret)).status).toBe(404);
    expect(await call('PUT', '/catalog/routes/team', to('test/echo'))).toMatchObject({
      status: 200,
      body: { name: 'team', targets: [{ model: 'test/echo' }], spread: false, status: 'active', source: 'database' },
    });
    expect(await ask('team', secret)).toMatchObject({ status: 200, served: 'test/echo' });
    await call('PUT', '/catalog/routes/team', { ...to('test/reason'), note: 'thinks' });
    expect(await ask('team', secret)).toMatchObject({ served: 'test/reason' });
    expect((await call('DELETE', '/catalog/routes/team')).status).toBe(200);
    expect((await ask('team', secret)).status).toBe(404);
    expect((await call('GET', '/catalog/routes/team')).status).toBe(404);
    expect((await call('DELETE', '/catalog/routes/team')).status).toBe(404);
    expect(await audited('team')).toEqual(['api route.set', 'api route.set', 'api route.remove']);
  });

  it('of a model, its price and what is said of it; a slash comes raw or coded', async () => {
    const { secret } = await makeKey();
    const facts = { context_length: 5000, max_output: 100, inputs: 'text', tools: false, thinking: { kind: 'none' } };
    expect((await call('PUT', '/catalog/models/test/big', facts)).body).toMatchObject({ ...facts, provider: 'test' });
    expect((await call('GET', '/catalog/models/test%2Fbig')).body).toMatchObject({ id: 'big', kind: null });
    const price = { valid_from: '2026-01-01', input: 1.5, output: 2 };
    const priced = await call('PUT', '/catalog/prices/test%2Fbig', price);
    const revision = expect.stringMatching(/^2026-01-01-\d+$/);
    expect(priced).toMatchObject({ status: 200, body: { ...price, cached: null, revision } });
    expect((await shownTo(secret, '/test/big')).body).toMatchObject({
      ...{ id: 'test/big', context_length: 5000, aliases: ['big'] },
      pricing: { input: 1.5, cached_input: 1.5, revision },
    });
    await call('PUT', '/catalog/models/test/big', { status: 'disabled' });
    expect((await shownTo(secret, '/test/big')).status).toBe(404);
  });

  it('of a price: a row is added, the later of two holds, and what has begun stays', async () => {
    const { secret } = await makeKey();
    await call('PUT', '/catalog/prices/test/echo', { valid_from: '2026-01-01', input: 3, output: 3, revision: 'mine' });
    await call('PUT', '/catalog/prices/test/echo', { valid_from: '2026-01-01', input: 4, output: 4 });
    expect((await shownTo(secret, '/test/echo')).body).toMatchObject({ pricing: { input: 4 } });
    await call('PUT', '/catalog/prices/test/echo', { valid_from: '2199-01-01T06:00:00Z', input: 9, output: 9 });
    const { body } = await call('GET', '/catalog/prices/test/echo');
    expect(body.data.map((row: { input: number }) => row.input)).toEqual([1, 3, 4, 9]);
    expect((await shownTo(secret, '/test/echo')).body).toMatchObject({
      pricing: { input: 4, upcoming: [{ valid_from: '2199-01-01T06:00:00Z', input: 9 }] },
    });
    expect((await call('DELETE', '/catalog/prices/test/echo')).status).toBe(200);
    expect((await call('GET', '/catalog/prices/test/echo')).body.data).toHaveLength(3);
    expect((await call('DELETE', '/catalog/prices/test/echo')).status).toBe(409);
    await expect(env.DB.prepare('UPDATE prices SET input = 0').run()).rejects.toThrow(/never changed in place/);
    const same = await call('PUT', '/catalog/prices/test/echo', { input: 1, output: 1, revision: 'mine' });
    expect(same).toMatchObject({ status: 400, body: { error: { param: 'revision' } } });
  });
});

describe('a row that is wrong is a clear error before it is written', () => {
  it.each([
    ['routes/team', to('test/ecko'), 'targets', 'there is no model test/ecko. Did you mean test/echo'],
    ['routes/team', { targets: 'test/echo' }, 'targets', 'targets is not JSON'],
    ['routes/team', {}, 'targets', 'targets is missing'],
    ['routes/team', { ...to('test/echo'), name: 'other' }, 'name', 'name is another than the name says'],
    ['routes/team', { ...to('test/echo'), wieght: 1 }, 'wieght', 'wieght is not known here'],
    ['routes/test/echo', to('test/reason'), 'targets', 'a model has this name already'],
    ['models/nowhere/x', {}, 'provider', 'there is no provider nowhere'],
    ['models/x', {}, 'provider', 'provider must be'],
    ['models/test/x', { context_length: -1 }, 'context_length', 'must be a whole number'],
    ['models/test/x', { context_length: 0 }, 'context_length', 'must be a whole number'],
    ['prices/test/echo', { input: 0.1234567, output: 1 }, 'input', 'at most six decimals'],
    ['prices/test/echo', { input: 1 }, 'output', 'output is missing'],
    ['prices/test/none', { input: 1, output: 1 }, 'revision', 'there is no model test/none'],
    ['providers/qwen', { base_url: 'https://q.example' }, 'key_variable', 'key_variable is missing'],
    ['providers/qwen', { base_url: 'http://q.example', key_variable: 'Q_API_KEY' }, 'base_url', 'must be a URL'],
    ['providers/qwen', { base_url: 'https://q.example', key_variable: 'INTERNAL_SECRET' }, 'key_variable', '_API_KEY'],
    ['providers/qwen', { base_url: 'https://q.example', key_variable: 'ZAI_API_KEY' }, 'key_variable', "is Z.ai's"],
    ['providers/qwen', { base_url: 'https://router.test/v1', key_variable: 'Q_API_KEY' }, 'base_url', 'router itself'],
    ['providers/deepseek', { base_url: 'https://evil.example' }, 'id', 'deepseek is built in'],
  ])('PUT %s %j', async (path, row, param, reason) => {
    const { status, body } = await call('PUT', `/catalog/${path}`, row);
    expect(body.error.message).toContain(reason);
    expect({ status, param: body.error.param, code: body.error.code }).toEqual({
      status: 400,
      param,
      code: 'invalid_value',
    });
    expect((await call('GET', '/catalog')).body.problems).toEqual([]);
  });

  it('nor may it put another in the wrong', async () => {
    await call('PUT', '/catalog/routes/test/new', to('test/echo'));
    const { status, body } = await call('PUT', '/catalog/models/test/new', {});
    expect(status).toBe(400);
    expect(body.error.message).toContain('routes/test/new would be wrong: a model has this name already');
  });

  it('nor what is left of a route that has lost a target already', async () => {
    await putRows({
      providers: [{ id: 'qwen', base_url: 'https://q.example', key_variable: 'QWEN_API_KEY' }],
      models: [{ provider: 'qwen', id: 'max' }],
    });
    await editBySql(
      `INSERT INTO routes (name, targets) VALUES ('limping', '["qwen/gone", "qwen/max"]')`, // as plain SQL can
    );
    const { status, body } = await call('DELETE', '/catalog/models/qwen/max');
    expect({ status, code: body.error.code }).toEqual({ status: 409, code: 'conflict' });
    expect(body.error.message).toContain('limping');
    await editBySql(`DELETE FROM routes WHERE name = 'limping'`);
    expect((await call('DELETE', '/catalog/providers/qwen')).status).toBe(200);
  });

  it('what a route leads to is not taken away', async () => {
    await putRows({
      providers: [{ id: 'qwen', base_url: 'https://q.example', key_variable: 'QWEN_API_KEY' }],
      models: [{ provider: 'qwen', id: 'max' }],
      prices: [{ provider: 'qwen', model: 'max', valid_from: '2026-01-01', input: 1, output: 1 }],
      routes: [{ name: 'team', ...to('test/echo', 'qwen/max') }],
    });
    for (const path of ['models/qwen/max', 'providers/qwen']) {
      const { status, body } = await call('DELETE', `/catalog/${path}`);
      expect({ status, code: body.error.code }).toEqual({ status: 409, code: 'conflict' });
      expect(body.error.message).toContain('team');
    }
    await call('PUT', '/catalog/routes/team', to('test/echo'));
    expect((await call('DELETE', '/catalog/providers/qwen')).status).toBe(200);
    const { body } = await call('GET', '/catalog');
    expect(body).toMatchObject({
      problems: [],
      routes: expect.arrayContaining([expect.objectContaining({ name: 'team' })]),
    });
    expect(JSON.stringify(body)).not.toContain('qwen');
    const { results } = await env.DB.prepare(`SELECT details FROM audit WHERE action = 'provider.remove'`).all();
    expect(String(results[0]?.['details'])).toContain('QWEN_API_KEY');
  });

  it('of many rows at once all are set, or none', async () => {
    const rows = {
      routes: [
        { name: 'one', ...to('test/echo') },
        { name: 'two', ...to('test/none') },
      ],
    };
    const { status, body } = await call('PUT', '/catalog', rows);
    expect({ status, message: body.error.message }).toEqual({
      status: 400,
      message: expect.stringContaining('routes two: there is no model test/none'),
    });
    expect((await call('GET', '/catalog/routes/one')).status).toBe(404);
  });

  it.each([
    ['POST', '/catalog', 405],
    ['POST', '/catalog/routes', 405],
    ['PATCH', '/catalog/routes/team', 405],
    ['GET', '/catalog/others', 404],
    ['GET', '/catalog?x=1', 400],
    ['DELETE', '/catalog/routes/claude-*', 404],
    ['DELETE', '/catalog/models/test/echo', 404],
  ])('%s %s is %i', async (method, path, status) => expect((await call(method, path)).status).toBe(status));
});

describe('rows by plain SQL', () => {
  it('hold, whether whole or not, and a wrong one is left out and told', async () => {
    const { secret } = await makeKey();
    const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await editBySql(
      `INSERT INTO routes (name, targets) VALUES ('team', '[{"model":"test/echo"}]')`,
      `INSERT INTO routes (name, targets) VALUES ('broken', '[{"model":')`,
      `INSERT INTO routes (name) VALUES ('half')`,
      `INSERT INTO models (provider, id) VALUES ('test', 'bare')`,
      `INSERT INTO models (provider, id, context_length) VALUES ('test', 'odd', 'many')`,
      `INSERT INTO prices (provider, model, input) VALUES ('test', 'echo', 1)`,
      `INSERT INTO prices (provider, model, input, output) VALUES ('test', 'reason', 5, 5)`,
      `INSERT INTO providers (id, rules) VALUES ('qwen', '[]')`,
    );
    for (const name of ['team', 'test/echo', 'deepseek/none', 'test/bare']) {
      expect((await ask(name, secret)).status, name).toBe(name === 'deepseek/none' ? 404 : 200);
    }
    const { body } = await call('GET', '/catalog');
    expect(body.problems).toEqual([
      { table: 'providers', name: 'qwen', reason: expect.stringContaining('rules') },
      { table: 'models', name: 'test/odd', reason: expect.stringContaining('context_length must be') },
      { table: 'prices', name: 'test/echo', reason: 'output is missing' },
      { table: 'routes', name: 'broken', reason: 'targets is not JSON' },
      { table: 'routes', name: 'half', reason: 'targets is missing' },
    ]);
    expect((await call('GET', '/catalog/prices/test/reason')).body.data.at(-1)).toMatchObject({
      input: 5,
      revision: expect.stringMatching(/^20\d\d-\d\d-\d\d-\d+$/),
    });
    expect(JSON.stringify(lines.mock.calls)).toContain('catalog_problem');
    // What is wrong can be taken away, and mended.
    expect((await call('DELETE', '/catalog/prices/test/echo')).status).toBe(200);
    for (const path of ['providers/qwen', 'routes/broken', 'models/test/odd']) {
      expect((await call('DELETE', `/catalog/${path}`)).status, path).toBe(200);
    }
    expect((await call('PUT', '/catalog/routes/half', to('test/echo'))).status).toBe(200);
    expect((await call('GET', '/catalog')).body.problems).toEqual([]);
  });

  it('and a model without a price is served for nothing, which its row says', async () => {
    await editBySql(`INSERT INTO models (provider, id) VALUES ('test', 'bare')`);
    const { key, secret } = await makeKey();
    const { response } = await ask('test/bare', secret);
    expect(await ledgerRow(key.id, response)).toMatchObject({
      costNanoUsd: 0,
      priceRevision: 'unpriced',
      model: 'bare',
    });
    const budgeted = await makeKey({ budgetDayUsd: 1 });
    expect(await ask('test/bare', budgeted.secret)).toMatchObject({
      status: 400,
      text: expect.stringContaining('unpriced_model'),
    });
  });
});

describe('GET /models', () => {
  it('lists routes with their targets, as far as the key may know them', async () => {
    await putRows({
      models: [{ provider: 'test', id: 'small', context_length: 10, inputs: 'text' }],
      routes: [
        { name: 'team', targets: [{ model: 'test/echo', weight: 2 }, { model: 'test/small' }], note: 'all of us' },
      ],
    });
    const targets = [
      { model: 'test/echo', weight: 2, parameters: {} },
      { model: 'test/small', weight: 1, parameters: {} },
    ];
    const team = { id: 'team', owned_by: 'test', context_length: 1_000_000, note: 'all of us' };
    const all = await makeKey();
    expect((await shownTo(all.secret, '/team')).body).toMatchObject({ ...team, targets, pricing: null });
    const { body } = await shownTo(all.secret);
    expect(body.data.find(({ id }: { id: string }) => id === 'team')).toMatchObject({ targets });
    const through = await makeKey({ models: 'team' });
    expect((await shownTo(through.secret)).body.data).toEqual([expect.objectContaining({ ...team, targets: [] })]);
    const part = await makeKey({ models: 'test/small' });
    expect((await shownTo(part.secret, '/team')).body).toMatchObject({ context_length: 10, targets: [targets[1]] });
  });

  it('answers for a name that a route ends in * for, and a list allows the route by its name', async () => {
    await putRows({ routes: [{ name: 'gpt-*', ...to('test/echo') }] });
    const { secret } = await makeKey({ models: 'gpt-*' });
    expect((await shownTo(secret, '/gpt-7')).body).toMatchObject({ id: 'gpt-7', targets: [] });
    expect(await ask('gpt-7', secret)).toMatchObject({ status: 200, served: 'test/echo' });
    expect((await ask('test/echo', secret)).status).toBe(403);
    expect((await call('POST', '/keys', { username: 'ann', models: 'gpt-*,test/*' })).status).toBe(201);
  });
});

describe('claude-* is built in, at the Messages door alone', () => {
  it('is served by the first small model that is there, and a row takes its place at every door', async () => {
    const { secret } = await makeKey();
    const router = routerWith({ DEEPSEEK_API_KEY: '', ZAI_API_KEY: '', MOONSHOT_API_KEY: '' });
    const send = async (path: string) => {
      const headers = { authorization: `Bearer ${secret}`, 'anthropic-version': '2023-06-01' };
      const body = JSON.stringify({
        model: 'claude-haiku-9',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'hi' }],
      });
      const response = await router.fetch(`http://router.test${path}`, { method: 'POST', headers, body });
      await response.text();
      return `${response.status} ${response.headers.get('x-llm-model')}`;
    };
    expect(await send('/v1/messages')).toBe('404 null');
    expect((await shownTo(secret)).body.data.map(({ id }: { id: string }) => id)).not.toContain('claude-*');
    const anthropic = { 'anthropic-version': '2023-06-01' };
    const listed = (await shownTo(secret, '', anthropic)).body.data;
    expect(listed.find(({ id }: { id: string }) => id === 'claude-*')).toMatchObject({
      targets: [{ model: 'deepseek/deepseek-flash' }, { model: 'zai/glm-5.3-flash' }, { model: 'moonshot/kimi-k2.6' }],
    });
    expect((await ask('claude-haiku-9', secret)).status).toBe(404);
    expect((await call('GET', '/catalog/routes/claude-*')).body).toMatchObject({ source: 'built_in' });
    await call('PUT', '/catalog/routes/claude-*', to('test/echo'));
    expect(await send('/v1/messages')).toBe('200 echo');
    expect((await ask('claude-haiku-9', secret)).status).toBe(200);
    await call('PUT', '/catalog/routes/claude-*', { status: 'disabled' });
    expect(await send('/v1/messages')).toBe('404 null');
  });
});

it('MODELS_JSON is not read, and while it is set that is said', async () => {
  const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const variables = { MODELS_JSON: '{"aliases":{"quick":"test/echo"}}' };
  const router = routerWith(variables as object);
  const { secret } = await makeKey();
  const response = await router.fetch('http://router.test/v1/models/quick', {
    headers: { authorization: `Bearer ${secret}` },
  });
  expect(response.status).toBe(404);
  expect(JSON.stringify(lines.mock.calls)).toContain('models_json_is_not_read');
  const headers = { authorization: `Bearer ${env.INTERNAL_SECRET}` };
  const shown = await router.fetch('http://router.test/internal/catalog', { headers });
  expect(await shown.json()).toMatchObject({ notices: [expect.stringContaining('MODELS_JSON')] });
});
