import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { internalProviders } from '../../src/api/internal/providers.ts';
import { app } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { AppEnv } from '../../src/middleware/app-env.ts';
import { onError } from '../../src/middleware/error-response.ts';
import { forgetHealth, tryFailed } from '../../src/offer/health-memory.ts';
import { putOldForm } from '../support/catalog.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { get, openaiClient } from '../support/router.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

async function clientFor(models: string | null) {
  const { secret } = await makeKey({ models });
  return { client: openaiClient(secret), secret };
}

async function idsOf(client: Awaited<ReturnType<typeof clientFor>>['client']): Promise<string[]> {
  return (await client.models.list()).data.map(({ id }) => id);
}

describe('GET /models', () => {
  it('lists every configured model and every other name', async () => {
    const { client } = await clientFor(null);
    const ids = await idsOf(client);
    expect(ids).toEqual(
      expect.arrayContaining([
        ...['moonshot/kimi-k3', 'moonshot/kimi-k2.5', 'moonshot/kimi-k2-0905-preview', 'moonshot/kimi-k2-thinking'],
        ...['deepseek/deepseek-flash', 'deepseek/deepseek-chat', 'deepseek/deepseek-reasoner'],
        ...['zai/glm-5', 'glm-5.3', 'test/echo'],
      ]),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('lists only what the key may use, other names included', async () => {
    expect(await idsOf((await clientFor('zai/glm-5')).client)).toEqual(['zai/glm-5', 'glm-5']);
    // A retired name is a name of its model, and allows it by all its names.
    const flash = await idsOf((await clientFor('deepseek/deepseek-chat')).client);
    expect(flash).toEqual(await idsOf((await clientFor('deepseek/deepseek-flash')).client));
    expect(flash).toEqual(expect.arrayContaining(['deepseek/deepseek-flash', 'deepseek/deepseek-chat']));
    expect(flash).not.toContain('deepseek/deepseek-v4-pro');
    const all = await idsOf((await clientFor('deepseek/*,test/echo')).client);
    expect(all).toEqual(expect.arrayContaining(['deepseek/deepseek-v4-pro', 'deepseek-chat', 'test/echo']));
    expect(all.filter((id) => id.startsWith('zai') || id === 'test/slow')).toEqual([]);
  });

  it('wants a key', async () => expect((await get('/api/v1/models')).status).toBe(401));

  it('gives one model by its name, the slash raw or encoded', async () => {
    const { client, secret } = await clientFor(null);
    expect(await client.models.retrieve('deepseek/deepseek-flash')).toMatchObject({
      id: 'deepseek/deepseek-flash',
      object: 'model',
      owned_by: 'deepseek',
      context_length: 1_000_000,
      pricing: { currency: 'USD', bands: [{ name: 'peak', input: 0.3 }] },
      aliases: expect.arrayContaining(['deepseek/deepseek-chat', 'deepseek-flash']),
    });
    const headers = { authorization: `Bearer ${secret}` };
    for (const path of [
      '/api/v1/models/zai/glm-5',
      '/api/v1/models/zai%2Fglm-5',
      '/v1/models/glm-5',
      '/v1/models/zai/glm-5/',
    ]) {
      const response = await get(path, { headers });
      expect(response.status, path).toBe(200);
      expect(await response.json()).toMatchObject({ owned_by: 'zai', created: 1_770_768_000 });
    }
  });

  it('says what is not there, and what is not allowed', async () => {
    const { client } = await clientFor('zai/*');
    await expect(client.models.retrieve('zai/glm5')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      message: expect.stringContaining("'zai/glm-5'"),
    });
    await expect(client.models.retrieve('deepseek/deepseek-flash')).rejects.toMatchObject({
      status: 403,
      code: 'model_not_allowed',
    });
    await expect(client.models.retrieve('__proto__/x')).rejects.toMatchObject({ status: 404 });
  });
});

const internal = new Hono<AppEnv>()
  .use(async (c, next) => {
    c.set('config', readConfig(c.env));
    await next();
  })
  .route('/internal', internalProviders)
  .onError(onError);

interface Check {
  ok: boolean;
  problem: { code: string } | null;
}
interface Report {
  data: {
    id: string;
    configured: boolean;
    well: boolean;
    check: Check | null;
    credentials: { label: string; well: boolean; until: string | null; reason: string | null; check: Check | null }[];
  }[];
  trips: { provider: string; credential: string | null; reason: string; until: string }[];
}

async function report(query: string, variables: Partial<Cloudflare.Env> = {}): Promise<Report> {
  const bindings = { ...env, ...variables };
  const response = await internal.request(`/internal/providers${query}`, {}, bindings, createExecutionContext());
  expect(response.status).toBe(200);
  return response.json<Report>();
}

describe('GET /internal/providers', () => {
  it('says what is configured, and checks nothing', async () => {
    const fetch = vi.spyOn(globalThis, 'fetch');
    const { data } = await report('', { MOONSHOT_API_KEY: '' });
    const configured = Object.fromEntries(data.map((each) => [each.id, each.configured]));
    expect(configured).toMatchObject({ moonshot: false, deepseek: true, zai: true, test: true });
    expect(data.every(({ check }) => check === null)).toBe(true);
    expect(fetch).not.toHaveBeenCalled();
  });

  it('checks each one on demand, and tells no secret', async () => {
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
      const { url } = new Request(input);
      if (url.includes('deepseek')) return Response.json({ data: [] });
      return Response.json({ error: { code: '1002', message: 'bad vendor-key-zai' } }, { status: 401 });
    });
    const answer = await report('?check=true', { MOONSHOT_API_KEY: '' });
    const checkOf = (id: string) => answer.data.find((each) => each.id === id)?.check;
    expect(checkOf('moonshot')).toBeNull();
    expect(checkOf('deepseek')).toMatchObject({ ok: true, unlisted_models: ['deepseek-flash', 'deepseek-v4-pro'] });
    expect(checkOf('zai')).toMatchObject({ ok: false, problem: { code: 'upstream_auth_error' } });
    expect(checkOf('test')).toMatchObject({ ok: true });
    expect(JSON.stringify(answer)).not.toContain('vendor-key');
  });

  it('says how each key stands, and what went out', async () => {
    forgetHealth();
    const answer = await report('', { DEEPSEEK_API_KEY: 'team-a=vendor-one, vendor-two' });
    expect(answer.trips).toEqual([]);
    const place = { env, runAfter: () => undefined };
    tryFailed(place, 'deepseek', 'team-a', { status: 401, code: 'upstream_auth_error', retryAfter: null });
    for (const _ of [1, 2, 3]) tryFailed(place, 'zai', '#1', { status: 500, code: 'upstream_error', retryAfter: null });
    const { data, trips } = await report('', { DEEPSEEK_API_KEY: 'team-a=vendor-one, vendor-two' });
    const until = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
    expect(data.find(({ id }) => id === 'deepseek')).toMatchObject({
      status: 'active',
      well: true,
      credentials: [
        { label: 'team-a', well: false, until, reason: 'upstream_auth_error', check: null },
        { label: '#2', well: true, until: null, reason: null, check: null },
      ],
    });
    expect(data.find(({ id }) => id === 'zai')).toMatchObject({ well: false, until, reason: 'upstream_error' });
    expect(trips).toEqual([
      { provider: 'zai', credential: null, reason: 'upstream_error', until },
      { provider: 'deepseek', credential: 'team-a', reason: 'upstream_auth_error', until },
    ]);
    expect(JSON.stringify({ data, trips })).not.toContain('vendor-');
  });

  it('checks each key, shows none, and lets health know', async () => {
    forgetHealth();
    const place = { env, runAfter: () => undefined };
    tryFailed(place, 'deepseek', 'b', { status: 401, code: 'upstream_auth_error', retryAfter: null });
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const { headers, url } = new Request(input, init);
      if (!url.includes('deepseek')) return Response.json({ data: [] });
      if (headers.get('authorization') === 'Bearer vendor-two') return Response.json({ data: [] });
      const message = 'neither vendor-one nor vendor-two is a key';
      return Response.json({ error: { message } }, { status: 401 });
    });
    const { data } = await report('?check=true', { DEEPSEEK_API_KEY: 'a=vendor-one b=vendor-two' });
    const deepseek = data.find(({ id }) => id === 'deepseek');
    expect(deepseek?.credentials).toMatchObject([
      { label: 'a', well: false, reason: 'upstream_auth_error', check: { ok: false } },
      { label: 'b', well: true, reason: null, check: { ok: true } },
    ]);
    expect(deepseek?.check).toMatchObject({ ok: false, problem: { code: 'upstream_auth_error' } });
    expect(JSON.stringify(data)).not.toContain('vendor-');
  });

  it('takes an answer for money, and a list of models not', async () => {
    forgetHealth();
    const place = { env, runAfter: () => undefined };
    const empty = { status: 429, code: 'upstream_insufficient_balance', retryAfter: null } as const;
    for (const provider of ['deepseek', 'zai']) tryFailed(place, provider, '#1', empty);
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const { url } = new Request(input, init);
      if (url.endsWith('/models')) return Response.json({ data: [] });
      if (url.includes('balance')) return new Response('not found', { status: 404 });
      return Response.json({ choices: [{ message: { content: '' }, finish_reason: 'length' }] });
    });
    const { data } = await report('?check=true');
    const keysOf = (id: string) => data.find((each) => each.id === id)?.credentials;
    expect(keysOf('deepseek')).toMatchObject([{ well: false, check: { ok: true } }]);
    expect(keysOf('zai')).toMatchObject([{ well: true, check: { ok: true } }]);
  });

  it('names a variable that is wrong', async () => {
    const bindings = { ...env, ZAI_BASE_URL: 'http://far.example' };
    const response = await internal.request('/internal/providers', {}, bindings, createExecutionContext());
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      error: { code: 'invalid_configuration', message: expect.stringContaining('ZAI_BASE_URL') },
    });
  });
});

describe('a router without any provider', () => {
  it('says so, and how to give it one', async () => {
    const { secret } = await makeKey();
    const none = { MOONSHOT_API_KEY: '', DEEPSEEK_API_KEY: '', ZAI_API_KEY: '', TEST_PROVIDER: '' };
    const request = new Request('http://router.test/api/v1/models', { headers: { authorization: `Bearer ${secret}` } });
    const context = { waitUntil() {}, passThroughOnException() {}, props: {} };
    const response = await app.fetch(request, { ...env, ...none }, context);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      error: { code: 'invalid_configuration', message: expect.stringContaining('DEEPSEEK_API_KEY') },
    });
  });
});

describe("a deployment's own names", () => {
  it('serve, and are billed by what they stand for', async () => {
    const { secret, key } = await makeKey();
    const prices = [{ validFrom: '2026-01-01', revision: 'own', input: 1, cached: 1, output: 1, cacheWriteHour: 2 }];
    const kept = { model: 'test/echo', parameters: { prompt_cache_options: { ttl: '1h' } } };
    await putOldForm({ models: { 'test/echo': { prices } }, aliases: { kept } });
    const request = new Request('http://router.test/api/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ model: 'kept', messages: [{ role: 'user', content: 'hi' }] }),
    });
    const response = await app.fetch(request, env, createExecutionContext());
    expect(response.headers.get('x-llm-model')).toBe('echo');
    expect(await ledgerRow(key.id, response)).toMatchObject({ requestedModel: 'kept', priceRevision: 'own:1h' });
  });
});
