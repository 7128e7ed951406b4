import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { BASE_URL, get, openaiClient, routerFetch } from '../support/router.ts';

/* Null, numbers and objects where text is due, in answers that come whole: text goes on, or nothing, and never the words for it. */

const MODEL = 'moonshot/kimi-k3';
const TOOLS = [
  { type: 'function' as const, function: { name: 'read', parameters: { type: 'object', properties: {} } } },
];

let secret = '';
let keyId = '';
let cursorSecret = '';

beforeAll(async () => {
  const made = await makeKey();
  ({ secret } = made);
  keyId = made.key.id;
  ({ secret: cursorSecret } = await makeKey({ purpose: 'cursor' }));
});

function answer(message: object, more: object = {}): object {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage, ...more };
}

interface Expected {
  text?: string;
  reasoning?: string;
  calls?: { id: string; name: string; arguments: string }[];
}

const called = (id: unknown, name: unknown, text: unknown) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});

const ANSWERS: [name: string, message: object, expected: Expected][] = [
  [
    'content in parts',
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Hel' },
        { type: 'text', text: 'lo' },
      ],
    },
    { text: 'Hello' },
  ],
  [
    'thoughts among the parts',
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
        { type: 'text', text: 'Yes' },
      ],
    },
    { text: 'Yes', reasoning: 'Hm.' },
  ],
  ['JSON where its text is due', { role: 'assistant', content: { answer: 42 } }, { text: '{"answer":42}' }],
  ['a number for text', { role: 'assistant', content: 42, refusal: false }, { text: '42' }],
  [
    'an object for reasoning',
    { role: 'assistant', content: 'Yes', reasoning_content: { text: 'Hm.' } },
    { text: 'Yes', reasoning: 'Hm.' },
  ],
  ['another role', { role: 'model', content: 'Yes' }, { text: 'Yes' }],
  [
    'arguments that are JSON, null or left out',
    {
      role: 'assistant',
      content: null,
      tool_calls: [called('a', 'read', { path: 'a' }), called('b', 'read', null), called('c', 'read', undefined)],
    },
    {
      calls: [
        { id: 'a', name: 'read', arguments: '{"path":"a"}' },
        { id: 'b', name: 'read', arguments: '' },
        { id: 'c', name: 'read', arguments: '' },
      ],
    },
  ],
  [
    'one id for two calls, and a number for another',
    {
      role: 'assistant',
      content: null,
      tool_calls: [called('a', 'read', '{}'), called('a', 'read', '{}'), called(7, 'read', '{}')],
    },
    {
      calls: [
        { id: 'a', name: 'read', arguments: '{}' },
        { id: 'a_2', name: 'read', arguments: '{}' },
        { id: '7', name: 'read', arguments: '{}' },
      ],
    },
  ],
  [
    'one call in place of a list',
    { role: 'assistant', content: null, tool_calls: called('a', 'read', '{}') },
    { calls: [{ id: 'a', name: 'read', arguments: '{}' }] },
  ],
];

describe.each(ANSWERS)('an answer with %s', (_name, message, expected) => {
  const { text = '', reasoning, calls = [] } = expected;

  it('is read by the official client', async () => {
    playProvider(() => Response.json(answer(message)));
    const read = await openaiClient(secret).chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const said = read.choices[0]?.message;
    expect(said?.role).toBe('assistant');
    expect(said?.content ?? '').toBe(text);
    expect(said?.tool_calls ?? []).toEqual(calls.map(({ id, ...each }) => ({ id, type: 'function', function: each })));
  });

  it('is read by the AI SDK', async () => {
    playProvider(() => Response.json(answer(message)));
    const provider = createOpenAICompatible({ name: 'router', baseURL: BASE_URL, apiKey: secret, fetch: routerFetch });
    const { content } = await provider
      .chatModel(MODEL)
      .doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] });
    const of = (type: string) => content.filter((part) => part.type === type);
    expect(of('text')).toEqual(text === '' ? [] : [{ type: 'text', text }]);
    expect(of('reasoning')).toEqual(reasoning === undefined ? [] : [{ type: 'reasoning', text: reasoning }]);
    expect(of('tool-call')).toMatchObject(
      calls.map(({ id, name, arguments: input }) => ({ toolCallId: id, toolName: name, input })),
    );
  });

  it('is shown to Cursor, and given back to the provider, in words of its own', async () => {
    const double = playProvider(() => Response.json(answer(message)));
    const question = { role: 'user' as const, content: 'Hi' };
    const client = openaiClient(cursorSecret);
    const read = await client.chat.completions.create({ model: MODEL, messages: [question], tools: TOOLS });
    const said = read.choices[0]?.message;
    expect(said?.content ?? '').toBe(reasoning === undefined ? text : `<think>\n${reasoning}\n</think>\n\n${text}`);
    if (said === undefined) throw new Error('There was no answer.');
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'text' }));
    await client.chat.completions.create({
      model: MODEL,
      messages: [question, said, ...results, question],
      tools: TOOLS,
    });
    const sent = double.seen.at(-1)?.text ?? '';
    expect(sent).not.toMatch(/\[object Object\]|"(null|undefined)/);
    if (reasoning !== undefined) expect(sent).toContain(`"reasoning_content":"${reasoning}"`);
  });
});

describe('counts that are written as text', () => {
  const usage = { prompt_tokens: '30', completion_tokens: '20', cached_tokens: '10', completion_tokens_details: '' };
  const told = {
    prompt_tokens: 30,
    completion_tokens: 20,
    cached_tokens: 10,
    prompt_tokens_details: { cached_tokens: 10 },
  };

  it.each([true, false])('are numbers for the client and for the bill, streamed: %s', async (stream) => {
    const message = { role: 'assistant', content: 'Yes' };
    const choices = [{ index: 0, delta: message, finish_reason: 'stop' }];
    playProvider(() =>
      stream
        ? streamOf(sse([{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, usage }]))
        : Response.json(answer(message, { usage })),
    );
    const response = await get('/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'Hi' }], stream }),
    });
    const text = await response.text();
    const body = JSON.parse(stream ? (text.split('\n')[0] ?? '').slice(6) : text);
    expect(body.usage).toEqual(told);
    const bill = { inputTokens: 30, outputTokens: 20, cachedTokens: 10 };
    expect(await ledgerRow(keyId, response)).toMatchObject({ source: 'reported', usage: bill });
  });
});
