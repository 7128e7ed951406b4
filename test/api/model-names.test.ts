import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { putOldForm } from '../support/catalog.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { playProvider } from '../support/provider.ts';

/* A key's list names models, not texts; and of what it does not name the key's holder learns nothing. */

afterEach(() => {
  vi.restoreAllMocks();
});

beforeAll(() =>
  putOldForm({
    models: {
      'deepseek/secret-project': {
        ...{ contextLength: 1_000, maxOutput: 100, note: 'for the merger only' },
        prices: [{ validFrom: '2026-01-01', revision: 'r', input: 1, cached: 1, output: 1 }],
      },
    },
    aliases: {
      'team/quick': { model: 'deepseek/deepseek-flash', parameters: { temperature: 0.123 } },
      merger: { model: 'deepseek/secret-project', parameters: { seed: 424_242 } },
    },
  }),
);

const answer = () =>
  Response.json({
    id: 'v',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });

async function holder(models: string | null, limits: object = {}) {
  const { key, secret } = await makeKey({ models, ...limits });
  const router = routerWith({});
  const headers = { authorization: `Bearer ${secret}` };
  const get = async (path: string) => {
    const response = await router.fetch(`http://router.test/api/v1${path}`, { headers });
    const body: { data?: { id: string }[] } & Record<string, unknown> = await response.json();
    return { status: response.status, body, text: JSON.stringify(body) };
  };
  const ask = async (model: string, content: unknown = 'Hi') => {
    playProvider(answer);
    const body = JSON.stringify({ model, messages: [{ role: 'user', content }] });
    const response = await router.fetch('http://router.test/api/v1/chat/completions', {
      method: 'POST',
      headers,
      body,
    });
    const text = await response.text();
    await router.settled();
    return { status: response.status, text };
  };
  return { key, get, ask };
}

const FLASH = [
  ...['deepseek/deepseek-flash', 'deepseek-flash', 'deepseek/deepseek-chat', 'deepseek-chat'],
  ...['deepseek/deepseek-reasoner', 'deepseek/deepseek-v4-flash'],
];

describe('a name in a list allows its model by all its names', () => {
  it.each(FLASH)('%s', async (name) => {
    // With limits the ledger is asked too, and says the same.
    const { ask, get } = await holder(`zai/glm-5, ${name}`, { rpm: 100 });
    for (const other of FLASH) expect((await ask(other)).status, other).toBe(200);
    expect((await ask('deepseek/deepseek-v4-pro')).status).toBe(403);
    expect((await ask('kimi-k3')).status).toBe(403);
    const listed = (await get('/models')).body.data?.map(({ id }) => id);
    expect(listed).toEqual(expect.arrayContaining([...FLASH, 'zai/glm-5', 'glm-5', 'team/quick']));
    expect(listed).not.toContain('deepseek/deepseek-v4-pro');
  });

  it("an operator's own name allows its model through itself only, and is allowed by its model", async () => {
    const through = await holder('team/quick', { rpm: 100 });
    expect((await through.ask('team/quick')).status).toBe(200);
    for (const other of FLASH) expect((await through.ask(other)).status, other).toBe(403);
    const direct = await holder('deepseek/*', { rpm: 100 });
    expect((await direct.ask('team/quick')).status).toBe(200);
    expect((await (await holder('team/*')).ask('team/quick')).status).toBe(200);
    expect((await (await holder('zai/*')).ask('team/quick')).status).toBe(403);
  });

  it('at a ledger that a Worker of the version before asks, too', async () => {
    const { key } = await holder('deepseek/deepseek-flash');
    const stub = env.KEY_LEDGER.getByName(key.id);
    const facts = {
      requestId: 'req_01',
      endpoint: 'chat',
      session: null,
      tags: null,
      stream: false,
      startedAt: Date.now(),
    };
    const lease = {
      ...facts,
      ...{ provider: 'deepseek', model: 'deepseek-flash', requestedModel: 'deepseek-chat', colo: null },
      ...{
        priceRevision: null,
        keyHash: key.hash,
        holdNanoUsd: 0,
        inputEstimate: 0,
        inputCostNanoUsd: 0,
        priced: true,
      },
    } as const;
    expect((await stub.begin(key, lease)).kind).toBe('admitted');
    expect(await stub.begin(key, { ...lease, requestId: 'req_02', model: 'deepseek-v4-pro' })).toMatchObject({
      kind: 'refused',
      reason: 'model',
    });
  });
});

describe('nothing is told of a model that a key may not use', () => {
  it.each([
    ['a slip in its name', 'deepseek/secret-projekt'],
    ['the beginning of it', 'secret'],
    ['a slip in its other name', 'mergr'],
  ])('404: %s', async (_title, wanted) => {
    const { ask, get } = await holder('deepseek/deepseek-v4-pro');
    for (const told of [await ask(wanted), await get(`/models/${wanted}`)]) {
      expect(told.status).toBe(404);
      expect(told.text.replaceAll(wanted, '')).not.toMatch(/secret-project|merger/);
    }
    const allowed = await holder(null);
    expect((await allowed.ask(wanted)).text).toMatch(/secret-project|merger/);
  });

  it('404 still brings up what the key may use', async () => {
    const { ask } = await holder('zai/*');
    expect((await ask('zai/glm5')).text).toContain("'zai/glm-5'");
    expect((await ask('deepseek/deepseek-flsh')).text).not.toContain('deepseek-flash');
  });

  it('GET /models: neither names nor notes, nor what stands behind a name that is allowed by itself', async () => {
    const outsider = await holder('deepseek/deepseek-v4-pro');
    expect((await outsider.get('/models')).text).not.toMatch(/secret|merger|424242|quick/);
    const through = await holder('merger');
    const list = await through.get('/models');
    expect(list.body.data).toMatchObject([{ id: 'merger', context_length: 1_000 }]);
    expect(list.text).not.toMatch(/secret-project|the merger only|424242/);
    expect((await through.get('/models/merger')).text).not.toMatch(/secret-project|the merger only|424242/);
    const insider = await holder('deepseek/secret-project');
    expect((await insider.get('/models/merger')).body).toMatchObject({
      alias_of: 'deepseek/secret-project',
      note: 'for the merger only',
    });
  });

  it('no refusal advises another model than the key may use', async () => {
    const picture = [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }];
    const { ask } = await holder('deepseek/deepseek-v4-pro');
    const told = await ask('deepseek/deepseek-v4-pro', picture);
    expect(told.status).toBe(400);
    expect(told.text).toContain('takes no image');
    expect(told.text).not.toContain('deepseek-flash');
    expect((await (await holder('deepseek/*')).ask('deepseek-v4-pro', picture)).text).toContain(
      'deepseek/deepseek-flash',
    );
  });
});
