import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KeySettings } from '../../src/store/keys.ts';
import { putOldForm } from '../support/catalog.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { GRANULARITIES, playProvider, sse, streamOf } from '../support/provider.ts';
import { BASE_URL } from '../support/router.ts';

/* Tools that a provider runs by itself cost money by the call: a key needs leave for them, and a budget a price. */

afterEach(() => {
  vi.restoreAllMocks();
});

const GLM = 'zai/glm-5.3';
const KIMI = 'moonshot/kimi-k2.6';
const FLASH = 'deepseek/deepseek-flash';
const look = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } };
const search = { type: 'builtin_function', function: { name: '$web_search' } };
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

function completion(message: object = { content: 'ok' }, more: object = {}, finish = 'stop'): Response {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }];
  return Response.json({ id: 'v', choices, usage, ...more });
}

interface Sent {
  settings?: KeySettings;
  body: Record<string, unknown>;
  answer?: () => Response;
}

/** One request of a new key: its answer, what reached the provider, and the row. */
async function send({ settings = {}, body, answer = completion }: Sent) {
  const { key, secret } = await makeKey(settings);
  const provider = playProvider(answer);
  const router = routerWith({});
  const response = await router.fetch(`${BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model: GLM, messages: [{ role: 'user', content: 'Hi' }], ...body }),
  });
  const text = await response.text();
  await router.settled();
  return { response, text, seen: provider.seen, row: await ledgerRow(key.id, response), key };
}

const OWN: readonly (readonly [string, Record<string, unknown>])[] = [
  ["Z.ai's web search", { tools: [{ type: 'web_search', web_search: { enable: true } }] }],
  ["Z.ai's retrieval", { tools: [{ type: 'retrieval', retrieval: { knowledge_id: '1' } }] }],
  ["Moonshot's built-in function", { model: KIMI, tools: [search] }],
  ['the same as a function', { model: KIMI, tools: [{ type: 'function', function: { name: '$web_search' } }] }],
  ['a code interpreter', { tools: [{ type: 'code_interpreter' }] }],
  ['one that nobody knows', { tools: [{ type: 'time_machine' }] }],
  ['one without a type', { tools: [{ name: 'look', input_schema: {} }] }],
  ['an empty one', { tools: [{}] }],
  ['a bare name', { tools: ['web_search'] }],
  ['no list', { tools: { type: 'web_search' } }],
  ['one among functions', { tools: [look, { type: 'web_search' }, look] }],
  ['one behind a function', { tools: [{ ...look, web_search: { enable: true } }] }],
  ['one with a second type', { tools: [{ ...look, Type: 'web_search' }] }],
  ["OpenAI's switch", { web_search_options: {} }],
  ["Alibaba's switch", { enable_search: true }],
  ["OpenRouter's plugins", { plugins: [{ id: 'web' }] }],
  ['what an alias stands for', { model: 'searching' }],
];
beforeAll(() =>
  putOldForm({ aliases: { searching: { model: GLM, parameters: { tools: [{ type: 'web_search' }] } } } }),
);

describe("a provider's own tools are refused", () => {
  it.each(OWN)('%s', async (_title, body) => {
    for (const settings of [{}, { purpose: 'reasoning' }, { budgetTotalUsd: 1 }]) {
      const { response, text, seen, row } = await send({ settings, body });
      expect(response.status, text).toBe(400);
      expect(JSON.parse(text)).toMatchObject({
        error: { type: 'invalid_request_error', code: 'unsupported_tool', param: 'tools' },
      });
      expect(text).toContain('may not use such tools');
      expect(seen).toHaveLength(0);
      expect(row).toMatchObject({ end: 'rejected', status: 400, errorCode: 'unsupported_tool', costNanoUsd: 0 });
    }
  });

  it("by a Cursor key too; what is OpenAI's or Anthropic's is left out of Cursor's list", async () => {
    const settings = { purpose: 'cursor' };
    for (const tools of [[search], [look, { type: 'retrieval', retrieval: {} }]]) {
      expect((await send({ settings, body: { model: KIMI, tools } })).response.status).toBe(400);
    }
    const hosted = ['web_search_preview', 'tool_search', 'shell', 'apply_patch', 'computer', 'web_search_20250305'];
    const { response, seen } = await send({ settings, body: { tools: [look, ...hosted.map((type) => ({ type }))] } });
    expect(response.status).toBe(200);
    expect(seen[0]?.json['tools']).toEqual([look]);
  });

  it('and a message says which, in few words whatever it is called', async () => {
    const { text } = await send({ body: { tools: [{ type: `x${'y'.repeat(100_000)}` }, { type: 'retrieval' }] } });
    expect(text.length).toBeLessThan(500);
    expect(text).toContain("'retrieval'");
  });
});

describe('functions go on as ever', () => {
  const flat = { type: 'function', name: 'flat', parameters: { type: 'object', properties: {} } };
  const custom = {
    type: 'custom',
    name: 'ApplyPatch',
    format: { type: 'grammar', syntax: 'lark', definition: 'start' },
  };

  it('of any client: as they are', async () => {
    const odd = { ...look, cache_control: { type: 'ephemeral' }, strict: true };
    const untyped = { function: look.function };
    const tools = [look, odd, untyped, flat];
    const { response, seen } = await send({ body: { model: FLASH, tools } });
    expect(response.status).toBe(200);
    expect(seen[0]?.json['tools']).toEqual(tools);
  });

  it('of Cursor: flat ones and custom ones are functions by the time they are looked at', async () => {
    const { response, seen } = await send({
      settings: { purpose: 'cursor' },
      body: { model: FLASH, tools: [look, flat, custom] },
    });
    expect(response.status).toBe(200);
    expect(seen[0]?.json['tools']).toMatchObject([
      { type: 'function', function: { name: 'look' } },
      { type: 'function', function: { name: 'flat' } },
      { type: 'function', function: { name: 'ApplyPatch' } },
    ]);
  });

  it('and switches that are off, or empty, are no tools', async () => {
    const body = { enable_search: false, plugins: [], web_search_options: null, tools: [look] };
    const { response, seen } = await send({ body });
    expect(response.status).toBe(200);
    expect(seen[0]?.json).toMatchObject(body);
  });

  it('a second list of tools in another spelling never goes out', async () => {
    const { response, seen } = await send({
      body: { tools: [look], Tools: [{ type: 'web_search' }], Enable_Search: true },
    });
    expect(response.status).toBe(200);
    expect(Object.keys(seen[0]?.json ?? {}).filter((name) => /^(tools|enable_search)$/i.test(name))).toEqual(['tools']);
  });
});

describe('a key that may use them', () => {
  const settings = { providerTools: true };

  it('says so to its holder, and one that may not says that', async () => {
    for (const providerTools of [true, false]) {
      const { secret } = await makeKey({ providerTools });
      const headers = { authorization: `Bearer ${secret}` };
      const answer = await routerWith({}).fetch(`${BASE_URL}/key`, { headers });
      expect(await answer.json()).toMatchObject({ data: { provider_tools: providerTools } });
    }
  });

  it.each([
    ["Z.ai's web search", { tools: [{ type: 'web_search', web_search: { enable: true } }] }],
    ['a switch', { web_search_options: {} }],
    ['one that nobody knows', { tools: [look, { type: 'time_machine' }] }],
  ])('has %s sent as it is', async (_title, body) => {
    const { response, seen } = await send({ settings, body });
    expect(response.status).toBe(200);
    expect(seen[0]?.json).toMatchObject(body);
  });

  it('with a budget may use priced ones only', async () => {
    const budget = { ...settings, budgetDayUsd: 1 };
    const { response, text, seen } = await send({ settings: budget, body: { tools: [{ type: 'web_search' }] } });
    expect(response.status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'unsupported_tool', param: 'tools' } });
    expect(text).toContain('has no price');
    expect(seen).toHaveLength(0);
    // A name that every object has is no price.
    const odd = await send({ settings: budget, body: { tools: [{ type: 'constructor' }] } });
    expect(odd.response.status).toBe(400);
    expect((await send({ settings: budget, body: { model: KIMI, tools: [search] } })).response.status).toBe(200);
  });
});

describe('a call that the provider reports is billed at its price', () => {
  const settings = { providerTools: true, budgetDayUsd: 1 };
  const call = (index: number, id: string) => ({
    index,
    id,
    type: 'builtin_function',
    function: { name: '$web_search', arguments: '{}' },
  });
  // 10 tokens at 0.95 USD a million and 5 at 4.
  const tokens = 9_500 + 20_000;

  it.each([
    ['no call', { content: 'ok' }, 0, '0.0000295'],
    ['one', { tool_calls: [call(0, 'a')] }, 1, '0.0050295'],
    [
      'two',
      { tool_calls: [call(0, 'a'), call(1, 'b'), { ...call(2, 'c'), function: { name: 'look' } }] },
      2,
      '0.0100295',
    ],
  ])('whole: %s', async (_title, message, calls, usd) => {
    const { response, row } = await send({
      settings,
      body: { model: KIMI, tools: [search, look] },
      answer: () => completion(message, {}, calls === 0 ? 'stop' : 'tool_calls'),
    });
    expect(row?.costNanoUsd).toBe(tokens + calls * 5_000_000);
    expect(response.headers.get('x-llm-cost-usd')).toBe(usd);
  });

  it.each(GRANULARITIES)('streamed, %s', async (granularity) => {
    const chunk = (delta: object, finish: string | null = null, more: object = {}) => ({
      id: 'v',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...more,
    });
    const body = sse([
      chunk({ role: 'assistant', content: '' }),
      chunk({ tool_calls: [call(0, 'a')] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ' ' } }] }),
      chunk({ tool_calls: [call(1, 'b')] }),
      chunk({}, 'tool_calls', { usage }),
    ]);
    const { row } = await send({
      settings,
      body: { model: KIMI, stream: true, tools: [search] },
      answer: () => streamOf(body, { granularity }),
    });
    expect(row).toMatchObject({ end: 'completed', costNanoUsd: tokens + 2 * 5_000_000 });
  });

  it("by its findings or its usage, at the operator's own price", async () => {
    const prices = [
      { validFrom: '2026-11-01', revision: 'own', input: 1, cached: 1, output: 1, tools: { web_search: 0.01 } },
    ];
    await putOldForm({ models: { [GLM]: { prices } } });
    const cost = async (more: object) => {
      const answer = () => completion({ content: 'ok' }, more);
      const { row } = await send({ settings, body: { tools: [{ type: 'web_search' }] }, answer });
      return row?.costNanoUsd;
    };
    expect(await cost({})).toBe(15_000);
    expect(await cost({ web_search: [] })).toBe(15_000);
    expect(await cost({ web_search: [{ title: 'a' }, { title: 'b' }] })).toBe(15_000 + 10_000_000);
    const counted = { ...usage, server_tool_use: { web_search_requests: 3 } };
    expect(await cost({ web_search: [{}], usage: counted })).toBe(15_000 + 30_000_000);
    expect(await cost({ usage: { ...usage, server_tool_use: { web_search_requests: -3 } } })).toBe(15_000);
  });

  it('and one call of it is set aside while the request runs', async () => {
    const { key, secret } = await makeKey(settings);
    const release = Promise.withResolvers<void>();
    playProvider(async () => {
      await release.promise;
      return completion();
    });
    const router = routerWith({});
    const answering = router.fetch(`${BASE_URL}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({
        model: KIMI,
        max_tokens: 1,
        messages: [{ role: 'user', content: 'Hi' }],
        tools: [search],
      }),
    });
    const held = async () => (await env.KEY_LEDGER.getByName(key.id).state(key)).held;
    await vi.waitFor(async () => expect(await held()).toBeGreaterThan(5_000_000), { timeout: 5_000 });
    release.resolve();
    await (await answering).text();
    await router.settled();
    expect(await held()).toBe(0);
  });
});
