import { beforeAll, describe, expect, it } from 'vitest';
import type { ChatChunk } from '../../src/protocol/chat.ts';
import { isObject } from '../../src/protocol/json.ts';
import type { Usage } from '../../src/protocol/usage.ts';
import { type AnswerCase, COMMON_ANSWERS, OWN_ANSWERS } from '../fixtures/answers.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { getDirectly } from '../support/router.ts';

const MODELS: Readonly<Record<string, string>> = {
  moonshot: 'moonshot/kimi-k2.6',
  deepseek: 'deepseek/deepseek-flash',
  zai: 'zai/glm-5',
};

let secret = '';
let keyId = '';
let double: ReturnType<typeof playProvider> | null = null;

beforeAll(async () => {
  const made = await makeKey();
  secret = made.secret;
  keyId = made.key.id;
});

/** What the client gets, and what is billed, where the provider answers like this. */
async function ask(provider: string, stream: boolean, answer: () => Response) {
  double = playProvider(answer);
  const messages = [{ role: 'user', content: 'hi' }];
  const response = await getDirectly('/api/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model: MODELS[provider], messages, stream, stream_options: { include_usage: true } }),
  });
  const text = await response.text();
  const row = await ledgerRow(keyId, response);
  return { status: response.status, text, bill: row?.source === 'reported' ? row.usage : null };
}

interface Heard {
  content: string;
  reasoning: string;
  calls: { id: string; name: string; arguments: string }[];
  finishReason: string | null;
  roles: string;
}

interface Call {
  index: number;
  id?: string;
  function?: { name?: string; arguments?: string };
}

function hearCall(heard: Heard, call: Call): void {
  heard.calls[call.index] ??= { id: '', name: '', arguments: '' };
  const slot = heard.calls[call.index];
  if (slot === undefined) throw new Error('a tool delta without an index');
  slot.id += call.id ?? '';
  slot.name += call.function?.name ?? '';
  slot.arguments += call.function?.arguments ?? '';
}

/** Joins chunks as openai-python's strict helper does: what comes twice is there twice. */
function hear(text: string): Heard {
  const heard: Heard = { content: '', reasoning: '', calls: [], finishReason: null, roles: '' };
  for (const frame of text.split('\n\n').filter((each) => each.startsWith('data: {'))) {
    const chunk: ChatChunk & { error?: unknown } = JSON.parse(frame.slice(6));
    if (chunk.error !== undefined) return { ...heard, finishReason: 'error' };
    expect(chunk).toMatchObject({ object: 'chat.completion.chunk', id: expect.any(String) });
    for (const { delta, finish_reason, usage } of chunk.choices) {
      expect(usage).toBeUndefined();
      heard.roles += delta.role ?? '';
      heard.content += delta.content ?? '';
      heard.reasoning += delta.reasoning_content ?? '';
      heard.finishReason = finish_reason ?? heard.finishReason;
      for (const call of delta.tool_calls ?? []) hearCall(heard, call);
    }
  }
  return heard;
}

/** The usages that a client is shown. */
function usagesIn(text: string): unknown[] {
  const frames = text.split('\n\n').filter((each) => each.startsWith('data: {'));
  return frames.map((frame) => JSON.parse(frame.slice(6)).usage).filter((usage) => usage != null);
}

/** The same answer as the provider gives it to who asks for it whole: usage where the stream had it, nothing else put in. */
function wholeOf({ chunks, expected }: AnswerCase): object {
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const { content, reasoning, calls } = expected;
  const onChoice = choices.find(({ usage }) => usage !== undefined)?.usage;
  const onTop = chunks.findLast(({ usage }) => usage != null)?.usage;
  const message = {
    content: calls.length > 0 ? null : content,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0
      ? {}
      : { tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })) }),
  };
  const finish_reason = choices.findLast((choice) => choice.finish_reason != null)?.finish_reason;
  const choice = { message, finish_reason, ...(onChoice === undefined ? {} : { usage: onChoice }) };
  return { choices: [choice], ...(onTop === undefined ? {} : { usage: onTop }) };
}

describe.each(Object.keys(MODELS))('%s', (provider) => {
  const cases = [...COMMON_ANSWERS, ...(OWN_ANSWERS[provider] ?? [])].map((each) => [each.title, each] as const);

  it.each(cases)('%s, in a stream', async (_, { chunks, expected, clientUsage = {} }) => {
    const { status, text, bill } = await ask(provider, true, () => streamOf(sse(chunks)));
    const { usage, ...said } = expected;
    expect(status).toBe(200);
    expect(hear(text)).toEqual({ ...said, roles: 'assistant' });
    expect(bill).toEqual(usage);
    if (said.finishReason !== 'error') expect(usagesIn(text).at(-1)).toMatchObject(clientUsage);
  });

  it.each(cases)('%s, as a whole', async (_, answer) => {
    const { usage, finishReason, ...said } = answer.expected;
    const { status, text, bill } = await ask(provider, false, () => Response.json(wholeOf(answer)));
    expect(bill).toEqual(usage);
    if (finishReason === 'error') return expect([502, 503]).toContain(status);
    const body = JSON.parse(text);
    const usageSeen = expect.objectContaining(answer.clientUsage ?? {});
    expect(body).toMatchObject({ object: 'chat.completion', id: expect.any(String), usage: usageSeen });
    const [{ message, ...choice }] = body.choices;
    expect(choice).toEqual({ index: 0, finish_reason: finishReason });
    expect(message).toMatchObject({ role: 'assistant', content: said.calls.length > 0 ? null : said.content });
    expect(message.reasoning_content ?? '').toBe(said.reasoning);
    expect((message.tool_calls ?? []).map(({ id, function: called }: Call) => ({ id, ...called }))).toEqual(said.calls);
  });

  it.each(cases)('%s, as a whole where a stream was asked for', async (_, answer) => {
    const { usage, ...said } = answer.expected;
    const { status, text, bill } = await ask(provider, true, () => Response.json(wholeOf(answer)));
    expect(bill).toEqual(usage);
    if (status === 200) expect(hear(text)).toEqual({ ...said, roles: 'assistant' });
    else expect(said.finishReason).toBe('error');
  });

  it.each([
    ['an error', { error: { message: 'too many requests', code: 429 } }],
    ['a gateway that has no word for it', { code: 429, msg: 'too many requests' }],
  ])('%s in a good answer is the error it is, streamed or not', async (_, body) => {
    for (const [stream, answer] of [
      [false, () => Response.json(body)],
      [true, () => Response.json(body)],
      [true, () => streamOf(sse([body], false))],
    ] as const) {
      const { status, text } = await ask(provider, stream, answer);
      expect([status, JSON.parse(text).error.code]).toEqual([429, 'upstream_rate_limited']);
      double?.restore();
    }
  });
});

const recordings = import.meta.glob('../fixtures/recordings/*.{json,txt}', {
  query: '?raw',
  import: 'default',
  eager: true,
});

describe('a recorded answer', () => {
  const entries = Object.entries(recordings).map(([path, text]) => [path.split('/').at(-1) ?? path, text] as const);
  const providerOf = (name: string) => (name.startsWith('moonshot') ? 'moonshot' : 'deepseek');

  it.each(entries.filter(([name]) => name.endsWith('.txt')))('%s streams well', async (name, recorded) => {
    const { text, bill } = await ask(providerOf(name), true, () => streamOf(sse(recorded.trim().split('\n'))));
    const heard = hear(text);
    expect(heard.roles).toBe('assistant');
    expect(heard.finishReason).toMatch(/^(stop|length|tool_calls)$/);
    expect(bill?.inputTokens).toBeGreaterThan(0);
    expect(bill?.outputTokens).toBeGreaterThan(0);
    if (name.includes('reasoning')) expect(heard.reasoning.length).toBeGreaterThan(20);
    if (name.includes('tool-call')) {
      expect(heard.calls).toHaveLength(1);
      for (const call of heard.calls) expect(isObject(JSON.parse(call.arguments))).toBe(true);
    } else expect(heard.content.length).toBeGreaterThan(0);
  });

  it.each(entries.filter(([name]) => name.endsWith('.json')))(
    '%s passes as it is, billed whole',
    async (name, recorded) => {
      const { text, bill } = await ask(providerOf(name), false, () => new Response(recorded));
      const { usage } = JSON.parse(recorded);
      const isFlat = usage.cached_tokens !== undefined && usage.prompt_tokens_details === undefined;
      if (isFlat) expect(JSON.parse(text).usage.prompt_tokens_details.cached_tokens).toBe(usage.cached_tokens);
      else expect(text).toBe(recorded.trim());
      expect(bill).toMatchObject({ inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens });
      const known: Record<string, Partial<Usage>> = {
        'deepseek-tool-call.json': { cachedTokens: 320, reasoningTokens: 48 },
        'moonshotai-reasoning.json': { cachedTokens: 10, reasoningTokens: 22 },
      };
      expect(bill).toMatchObject(known[name] ?? {});
    },
  );
});
