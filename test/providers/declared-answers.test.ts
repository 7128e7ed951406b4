import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { app } from '../../src/app.ts';
import { forgetHealth } from '../../src/offer/health-memory.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import { ODD_RULES } from '../fixtures/odd-provider.ts';
import { putRows } from '../support/catalog.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { GRANULARITIES, type Granularity, playProvider, sse, streamOf } from '../support/provider.ts';

/* A provider that is only rows of the catalogue, with another name for everything, through the doors of the Worker. */

const BINDINGS = { ...env, ODD_API_KEY: 'first=odd-secret-one, odd-secret-two', ANY_API_KEY: 'any-secret' };
const THINKING = { kind: 'switch', default: 'on', efforts: ['low', 'high'] };

beforeAll(async () => {
  const { cost: _cost, ...usage } = ODD_RULES.usage;
  const odd = { id: 'odd', name: 'Odd', base_url: 'https://odd.example/v1', key_variable: 'ODD_API_KEY' };
  const any = { id: 'any', name: 'Any', base_url: 'https://any.example/v1', key_variable: 'ANY_API_KEY' };
  await putRows({
    providers: [
      { ...odd, rules: { ...ODD_RULES, usage } },
      { ...any, rules: { models: '*', usage: { cost: '/bill/usd' }, reasoning_field: 'thoughts' } },
      { ...any, id: 'dear', key_variable: 'ANY_API_KEY', rules: { models: '*' } },
    ],
    models: [
      { provider: 'odd', id: 'thinker', context_length: 100_000, max_output: 20_000, thinking: THINKING },
      { provider: 'odd', id: 'vectors', kind: 'embedding', context_length: 1_000 },
    ],
    prices: [
      {
        provider: 'odd',
        model: 'thinker',
        valid_from: '2026-01-01',
        input: 1,
        cached: 0.1,
        output: 2,
        revision: 'odd-1',
      },
      { provider: 'odd', model: 'vectors', valid_from: '2026-01-01', input: 1, revision: 'odd-2' },
    ],
    routes: [
      { name: 'stated-first', targets: ['any/some/model-7', 'odd/thinker'] },
      { name: 'stated-or-not', targets: ['dear/any', 'any/some/model-7'] },
    ],
  });
});

beforeEach(forgetHealth);

const USAGE = {
  ...{ prompt_tokens: 100, completion_tokens: 50, total_tokens: 150, cached_tokens: 0 },
  ...{ cache: { read: 80 }, thinking: { tokens: 30 }, bill: { usd: 0.0042 } },
};
const CALLS = [{ index: 0, id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }];

function chunk(delta: JsonObject, finish: string | null = null, more: JsonObject = {}): JsonObject {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: 'o-1', object: 'chat.completion.chunk', created: 1, model: 'thinker', choices, ...more };
}

/** As the provider streams it. */
const STREAM = [
  chunk({ role: 'assistant', thoughts: 'Let me ' }),
  chunk({ thoughts: 'see…' }),
  chunk({ thoughts: null, content: 'Hel' }),
  chunk({ content: 'lo 🙂' }),
  chunk({}, 'eos', { usage: USAGE }),
];
const WHOLE = {
  ...{ id: 'o-1', object: 'chat.completion', created: 1, model: 'thinker', usage: USAGE },
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Hello 🙂', thoughts: 'Let me see…' }, finish_reason: 'eos' },
  ],
};

async function ask(secret: string, path: string, body: JsonObject): Promise<Response> {
  const headers = { authorization: `Bearer ${secret}` };
  const request = new Request(`http://router.test/api/v1${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return await app.fetch(request, BINDINGS, createExecutionContext());
}

const CHAT = { model: 'odd/thinker', messages: [{ role: 'user', content: 'hi' }] };

/** What a stream says in one of its members, joined. */
function joined(text: string, read: (event: ReturnType<typeof JSON.parse>) => unknown): string {
  const frames = text.split('\n').filter((line) => line.startsWith('data: {'));
  return frames.map((line) => read(JSON.parse(line.slice(6))) ?? '').join('');
}

/** The bill by the tokens that the provider's pointers lead to: 20 fresh, 80 cached, 50 out. */
const BILL = {
  costNanoUsd: 20 * 1000 + 80 * 100 + 50 * 2000,
  priceRevision: 'odd-1',
  source: 'reported',
  usage: { inputTokens: 100, cachedTokens: 80, cacheWriteTokens: 0, outputTokens: 50, reasoningTokens: 30 },
  vendorFinishReason: 'eos',
  finishReason: 'stop',
};

function stream(granularity: Granularity) {
  return playProvider(() => streamOf(sse(STREAM), { granularity }));
}

describe.each(GRANULARITIES)('what it streams, cut by %s', (granularity) => {
  it('is chat for a chat client', async () => {
    const { secret, key } = await makeKey();
    const { seen } = stream(granularity);
    const asked = { ...CHAT, stream: true, stream_options: { include_usage: true }, reasoning_effort: 'high' };
    const response = await ask(secret, '/chat/completions', { ...asked, max_tokens: 7, answer_length: 900 });
    const text = await response.text();
    expect(joined(text, ({ choices: [choice] }) => choice?.delta.reasoning_content)).toBe('Let me see…');
    expect(joined(text, ({ choices: [choice] }) => choice?.delta.content)).toBe('Hello 🙂');
    expect(joined(text, ({ choices: [choice] }) => choice?.finish_reason)).toBe('stop');
    expect(text).not.toContain('thoughts');
    expect(joined(text, ({ usage }) => usage?.prompt_tokens_details?.cached_tokens)).toBe('80');
    expect(await ledgerRow(key.id, response)).toMatchObject(BILL);
    const [request] = seen;
    expect(request?.url).toBe('https://odd.example/v1/chat/completions');
    expect(['odd-secret-one', 'odd-secret-two']).toContain(request?.headers.get('x-odd-key'));
    expect(request?.headers.get('authorization')).toBeNull();
    expect(request?.json).toMatchObject({ answer_length: 900, effort_level: 'heavy', region: 'eu', temperature: 1 });
    expect(request?.json).not.toHaveProperty('max_tokens');
    expect(request?.json).not.toHaveProperty('reasoning_effort');
  });

  it('is a message for a Messages client', async () => {
    const { secret, key } = await makeKey();
    const { seen } = stream(granularity);
    const thinking = { type: 'enabled', budget_tokens: 1024 };
    const response = await ask(secret, '/messages', { ...CHAT, max_tokens: 5000, stream: true, thinking });
    const text = await response.text();
    expect(joined(text, ({ delta }) => delta?.thinking)).toBe('Let me see…');
    expect(joined(text, ({ delta }) => delta?.text)).toBe('Hello 🙂');
    expect(joined(text, ({ delta }) => delta?.stop_reason)).toBe('end_turn');
    expect(await ledgerRow(key.id, response)).toMatchObject(BILL);
    await ask(secret, '/messages', { ...CHAT, max_tokens: 50, stream: true, thinking: { type: 'disabled' } });
    expect(seen.map(({ json }) => json['deep_thought'])).toEqual([true, false]);
    for (const { json } of seen) expect(json).not.toHaveProperty('thinking');
  });

  it('is a response for a Responses client', async () => {
    const { secret, key } = await makeKey();
    const { seen } = stream(granularity);
    const asked = { model: 'odd/thinker', input: 'hi', stream: true, reasoning: { effort: 'low' }, store: false };
    const response = await ask(secret, '/responses', asked);
    const text = await response.text();
    const deltasOf = (type: string) => joined(text, (event) => (event.type === type ? event.delta : ''));
    expect(deltasOf('response.output_text.delta')).toBe('Hello 🙂');
    expect(text).toContain('Let me see…');
    expect(await ledgerRow(key.id, response)).toMatchObject(BILL);
    expect(seen[0]?.json).toMatchObject({ effort_level: 'light' });
  });

  it.each(['cursor', 'reasoning'])('shows its thoughts to a key for %s, and remembers them', async (purpose) => {
    const { secret } = await makeKey({ purpose, reasoning: 'think' });
    const called = [
      chunk({ role: 'assistant', thoughts: 'I must look.' }),
      chunk({ tool_calls: CALLS }),
      chunk({}, 'uses_tool', { usage: USAGE }),
    ];
    const double = playProvider(({ json }) =>
      streamOf(sse(JSON.stringify(json).includes('"tool"') ? STREAM : called), { granularity }),
    );
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];
    const asked = { ...CHAT, stream: true, tools };
    const first = await (await ask(secret, '/chat/completions', asked)).text();
    expect(first).toContain('I must look.');
    const { index: _index, ...call } = CALLS[0] ?? { index: 0 };
    const messages = [
      ...CHAT.messages,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'seen' },
    ];
    const second = await (await ask(secret, '/chat/completions', { ...asked, messages })).text();
    expect(joined(second, ({ choices: [choice] }) => choice?.delta.content)).toContain('Hello 🙂');
    const sent = double.seen[1]?.json['messages'];
    expect(sent).toMatchObject([{ role: 'user' }, { role: 'assistant', thoughts: 'I must look.' }, { role: 'tool' }]);
    expect(JSON.stringify(sent)).not.toContain('reasoning_content');
  });
});

describe('a whole answer', () => {
  it('is read as its stream is', async () => {
    const { secret, key } = await makeKey();
    playProvider(() => Response.json(WHOLE));
    const response = await ask(secret, '/chat/completions', CHAT);
    const [choice] = (await response.json<{ choices: JsonObject[] }>()).choices;
    expect(choice).toEqual({
      index: 0,
      message: { role: 'assistant', content: 'Hello 🙂', reasoning_content: 'Let me see…' },
      finish_reason: 'stop',
    });
    expect(await ledgerRow(key.id, response)).toMatchObject(BILL);
  });

  it('that ends in its word for a failure is one, and costs what it says with each key', async () => {
    const { secret, key } = await makeKey();
    const [choice] = WHOLE.choices;
    playProvider(() => Response.json({ ...WHOLE, choices: [{ ...choice, finish_reason: 'oops' }] }));
    const response = await ask(secret, '/chat/completions', CHAT);
    expect(response.status).toBe(502);
    const row = await ledgerRow(key.id, response);
    expect([row?.attempts.length, row?.costNanoUsd]).toEqual([2, 2 * BILL.costNanoUsd]);
  });
});

describe('a failure', () => {
  it('is told by its own words, without any of its keys', async () => {
    const { secret } = await makeKey();
    playProvider(() =>
      Response.json({ error: { message: 'too many tokens for odd-secret-one and odd-secret-two' } }, { status: 400 }),
    );
    const text = await (await ask(secret, '/chat/completions', CHAT)).text();
    expect(JSON.parse(text).error).toMatchObject({ code: 'context_length_exceeded' });
    expect(text).not.toContain('odd-secret');
  });

  it('of one key is served by the other', async () => {
    const { secret, key } = await makeKey();
    const { seen } = playProvider(({ headers }) =>
      headers.get('x-odd-key') === seen[0]?.headers.get('x-odd-key')
        ? Response.json({ error: { code: 'E-77' } }, { status: 429 })
        : Response.json(WHOLE),
    );
    const response = await ask(secret, '/chat/completions', CHAT);
    expect(response.status).toBe(200);
    const row = await ledgerRow(key.id, response);
    expect(row?.attempts).toMatchObject([{ code: 'upstream_insufficient_balance' }, { code: null }]);
    expect(new Set(row?.attempts.map(({ credential }) => credential))).toEqual(new Set(['first', '#2']));
  });
});

it('sets aside what the larger of two limits may cost, whatever it is called', async () => {
  // 20,000 tokens cost $0.04, ten of them next to nothing.
  const { secret } = await makeKey({ budgetTotalUsd: 0.03 });
  const { seen } = playProvider(() => Response.json(WHOLE));
  const large = { ...CHAT, max_tokens: 10, answer_length: 20_000 };
  const refused = await ask(secret, '/chat/completions', large);
  expect([refused.status, (await refused.json<{ error: { code: string } }>()).error.code]).toEqual([
    402,
    'budget_exceeded',
  ]);
  expect(seen).toHaveLength(0);
  expect((await ask(secret, '/chat/completions', { ...CHAT, max_tokens: 10 })).status).toBe(200);
  expect(seen[0]?.json['answer_length']).toBe(10);
});

it('embeddings go where its rules say', async () => {
  const { secret, key } = await makeKey();
  const data = [{ object: 'embedding', index: 0, embedding: [0.5] }];
  const { seen } = playProvider(() => Response.json({ object: 'list', data, usage: { prompt_tokens: 3 } }));
  const response = await ask(secret, '/embeddings', { model: 'odd/vectors', input: 'hi' });
  expect(response.status).toBe(200);
  expect(seen[0]?.url).toBe('https://odd.example/v1/vectors');
  expect(await ledgerRow(key.id, response)).toMatchObject({ costNanoUsd: 3_000 });
});

describe('a provider that takes any model', () => {
  const asked = { ...CHAT, model: 'any/some/model-7' };

  it('is billed by its own word, for keys with budgets too', async () => {
    const { secret, key } = await makeKey({ budgetMonthUsd: 1 });
    const { seen } = playProvider(() => Response.json(WHOLE));
    const response = await ask(secret, '/chat/completions', asked);
    expect(response.headers.get('x-llm-model')).toBe('some/model-7');
    expect(seen[0]?.json['model']).toBe('some/model-7');
    expect(await ledgerRow(key.id, response)).toMatchObject({
      costNanoUsd: 4_200_000,
      priceRevision: 'stated',
      usage: { inputTokens: 100, outputTokens: 50 },
    });
  });

  it.each(['stated-first', 'stated-or-not'])(
    'is as good as one with a price to a budget, in the route %s',
    async (model) => {
      const { secret, key } = await makeKey({ budgetMonthUsd: 1 });
      const { seen } = playProvider(() => Response.json(WHOLE));
      const response = await ask(secret, '/chat/completions', { ...asked, model });
      expect([response.status, response.headers.get('x-llm-provider')]).toEqual([200, 'any']);
      expect(seen).toHaveLength(1);
      expect(await ledgerRow(key.id, response)).toMatchObject({ costNanoUsd: 4_200_000, priceRevision: 'stated' });
    },
  );

  it('and says nothing of its bill is for keys without budgets only', async () => {
    const { secret: bounded } = await makeKey({ budgetMonthUsd: 1 });
    const { secret, key } = await makeKey();
    const { seen } = playProvider(() => Response.json(WHOLE));
    const refused = await ask(bounded, '/chat/completions', { ...asked, model: 'dear/any' });
    expect([refused.status, (await refused.json<{ error: { code: string } }>()).error.code]).toEqual([
      400,
      'unpriced_model',
    ]);
    expect(seen).toHaveLength(0);
    const response = await ask(secret, '/chat/completions', { ...asked, model: 'dear/any' });
    expect(await ledgerRow(key.id, response)).toMatchObject({ costNanoUsd: 0, usage: { inputTokens: 100 } });
  });
});
