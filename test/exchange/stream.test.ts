import { beforeAll, describe, expect, it, vi } from 'vitest';
import { moonshot } from '../../src/providers/moonshot.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { GRANULARITIES, playProvider, type StreamPlan, sse, streamOf } from '../support/provider.ts';
import { get, openaiClient } from '../support/router.ts';
import { HAND_MADE_STREAMS } from '../support/streams.ts';

/** For what comes a moment later: much more than it takes, since a busy machine may be slow. */
const WITHIN = { timeout: 10_000 };

let secret = '';
let keyId = '';
let provider: ReturnType<typeof playProvider> | null = null;

beforeAll(async () => {
  const made = await makeKey();
  secret = made.secret;
  keyId = made.key.id;
});

const request = { model: 'deepseek/deepseek-flash', stream: true, messages: [{ role: 'user', content: 'Hi' }] };

function post(body: unknown = request, init: RequestInit = {}): Promise<Response> {
  return get('/api/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${secret}` },
    ...init,
  });
}

function play(body: string, plan: StreamPlan = {}): void {
  provider?.restore();
  provider = playProvider(() => streamOf(body, plan));
}

/** The request's row in the ledger, once the request is over. */
async function rowOf(response: Response) {
  return ledgerRow(keyId, response);
}

function delta(content: string, finish: string | null = null, more: object = {}, first: object = {}): unknown {
  return {
    id: 'v',
    object: 'chat.completion.chunk',
    created: 5,
    model: 'm',
    choices: [{ index: 0, delta: { content, ...first }, finish_reason: finish }],
    ...more,
  };
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_cache_hit_tokens: 4 };
const hello = [delta('Hel'), delta('lo'), delta('', 'stop', { usage })];

describe.each(GRANULARITIES)('a stream that comes one %s at a time', (granularity) => {
  it('ends with [DONE], reaches the official client, and is billed as the provider says', async () => {
    play(sse(hello), { granularity });
    const response = await post();
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const text = await response.text();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    const row = await rowOf(response);
    // flash off-peak or peak, by the clock: 6 fresh, 4 cached, 5 out.
    expect(row).toMatchObject({
      end: 'completed',
      source: 'reported',
      usage: { inputTokens: 10, cachedTokens: 4, outputTokens: 5 },
      finishReason: 'stop',
    });
    expect(row?.firstTokenMs).toBeTypeOf('number');
    expect([6 * 150 + 4 * 3 + 5 * 600, 2 * (6 * 150 + 4 * 3 + 5 * 600)]).toContain(row?.costNanoUsd);
    const final = await openaiClient(secret)
      .chat.completions.stream({ ...request, stream: true } as never)
      .finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('Hello');
  });

  it.each(HAND_MADE_STREAMS.map(({ name, body }) => [name, body]))('passes: %s', async (_name, body) => {
    play(body, { granularity });
    const text = await (await post()).text();
    expect(text.match(/data: \[DONE\]/g)).toHaveLength(1);
    expect(text).not.toContain('\r');
    expect(text).not.toContain('late');
  });

  it.each([
    ['cut without a finish reason', sse(hello.slice(0, 2), false), {}, 'upstream_error'],
    ['[DONE] without a finish reason', sse(hello.slice(0, 2)), {}, 'upstream_error'],
    ['not JSON', sse([...hello.slice(0, 2), 'oops']), {}, 'upstream_error'],
    [
      'calls that are none',
      sse([...hello.slice(0, 2), delta('', null, {}, { tool_calls: [null] })]),
      {},
      'upstream_error',
    ],
    ['broken off', sse(hello.slice(0, 2), false), { breakOff: true }, 'upstream_error'],
    [
      'an error frame',
      sse([...hello.slice(0, 2), { error: { message: 'overloaded', type: 'overloaded_error' } }]),
      {},
      'upstream_overloaded',
    ],
    [
      'an event by the name of error, with a bare message',
      `${sse(hello.slice(0, 2), false)}event: error\ndata: {"message":"Rate limit reached"}\n\n`,
      {},
      'upstream_error',
    ],
    [
      'an event by the name of error, in words',
      `${sse(hello.slice(0, 2), false)}event: error\ndata: something broke\n\n`,
      {},
      'upstream_error',
    ],
    ['a bare message', sse([...hello.slice(0, 2), { message: 'something broke' }]), {}, 'upstream_error'],
    [
      'an error without an envelope',
      sse([...hello.slice(0, 2), { code: '1305', message: 'busy' }]),
      {},
      'upstream_error',
    ],
  ] as const)('%s: one error frame, no [DONE], an estimate in the ledger', async (_name, body, plan, code) => {
    play(body, { granularity, ...plan });
    const response = await post();
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).not.toContain('[DONE]');
    const frames = text.trim().split('\n\n');
    expect(JSON.parse(frames.at(-1)?.slice(6) ?? '')).toMatchObject({ error: { code } });
    expect(frames.filter((frame) => frame.includes('"error"'))).toHaveLength(1);
    expect(await rowOf(response)).toMatchObject({
      status: 200,
      errorCode: code,
      end: 'upstream_failed',
      source: 'estimated',
      usage: { outputTokens: 2 },
    });
  });

  it.each([
    'event: error\ndata: {"message":"it has had enough"}',
    'event: error\ndata: it has had enough',
    'data: {"message":"it has had enough"}',
  ])('tells the words of %j', async (frame) => {
    play(`${sse(hello.slice(0, 2), false)}${frame}\n\n`, { granularity });
    expect(await (await post()).text()).toMatch(/"error":\{"message":"[^"]*it has had enough/);
    play(`${frame}\n\n`, { granularity });
    const response = await post();
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('it has had enough') } });
  });

  it.each([
    ['a JSON error in place of a stream', '{"error":{"code":"1305","message":"busy"}}', 502],
    ['HTML in place of a stream', '<html>', 502],
    ['nothing at all', '', 502],
    ['an error before the first choice', sse([{ error: { message: 'no' } }]), 502],
  ])('%s is a true HTTP error', async (_name, body, status) => {
    play(body, { granularity });
    const response = await post();
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type: 'api_error' } });
    expect(await rowOf(response)).toMatchObject({ end: 'upstream_failed', status });
  });

  it('a whole completion in place of a stream becomes one', async () => {
    const message = {
      role: 'assistant',
      content: 'All',
      tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    const choice = { index: 0, message, logprobs: { content: [{ token: 'All' }] }, finish_reason: 'tool_calls' };
    play(`\n\n${JSON.stringify({ id: 'w', choices: [choice], usage })}`, { granularity });
    const final = await openaiClient(secret)
      .chat.completions.stream({ ...request, stream: true } as never)
      .finalChatCompletion();
    expect(final.choices[0]?.message).toMatchObject({
      content: 'All',
      tool_calls: [{ id: 't', function: { name: 'f', arguments: '{}' } }],
    });
    expect(final.choices[0]?.logprobs?.content).toHaveLength(1);
  });
});

describe('an event of a provider', () => {
  it('may hold nearly 8 MiB', async () => {
    play(sse([delta('x'.repeat(8_380_000)), ...hello]), { granularity: 'whole' });
    const text = await (await post()).text();
    expect(text.length).toBeGreaterThan(8_380_000);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('of more is a failure that says so, even where it comes at once', async () => {
    play(sse([delta('x'.repeat(8_500_000)), ...hello]), { granularity: 'whole' });
    const response = await post();
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('8 MiB');
  });
});

describe('the end of a stream', () => {
  it('comes when the provider says [DONE], even if it lingers, and the provider is let go', async () => {
    let cancelled = false;
    play(sse(hello), { linger: true, onCancel: () => (cancelled = true) });
    expect(await (await post()).text()).toContain('[DONE]');
    await vi.waitFor(() => expect(cancelled).toBe(true), WITHIN);
  });

  it.each([
    ['breaks off', '', { breakOff: true }],
    ['ends inside [DONE]', 'data: [DO', {}],
    ['ends inside its usage chunk', 'data: {"id":"v","choices":[],"usage":{"prompt', {}],
  ])('is [DONE] when every choice has finished, even if the provider then %s', async (_how, rest, plan) => {
    play(sse(hello, false) + rest, plan);
    const response = await post();
    expect(await response.text()).toBe(sse([delta('Hel', null, {}, { role: 'assistant' }), ...hello.slice(1)]));
    expect(await rowOf(response)).toMatchObject({ end: 'completed', source: 'reported', errorCode: null });
  });

  it('is an error frame that names us where the fault is ours; it is logged, billed, and the provider let go', async () => {
    let isFirst = true;
    const mend = vi.spyOn(moonshot, 'mendChunk').mockImplementation(() => {
      if (isFirst) isFirst = false;
      else throw new TypeError('a slip');
      return false;
    });
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    let isLetGo = false;
    play(sse(hello), { granularity: 'event', pace: 5, linger: true, onCancel: () => (isLetGo = true) });
    const response = await post({ ...request, model: 'moonshot/kimi-k3' });
    expect(await response.text()).toMatch(/data: \{"error":\{.*"internal_error"\}\}\n\n$/);
    await vi.waitFor(() => expect(logged).toHaveBeenCalledWith(expect.stringContaining('"fault":"TypeError"')), WITHIN);
    await vi.waitFor(() => expect(isLetGo).toBe(true), WITHIN);
    expect(await rowOf(response)).toMatchObject({
      end: 'upstream_failed',
      source: 'estimated',
      errorCode: 'internal_error',
    });
    mend.mockRestore();
    logged.mockRestore();
  });

  it('is settled too where the fault is ours in a whole answer', async () => {
    const mend = vi.spyOn(moonshot, 'mendCompletion').mockImplementation(() => {
      throw new TypeError('a slip');
    });
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    provider = playProvider(() =>
      Response.json({ choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }], usage }),
    );
    const response = await post({ ...request, model: 'moonshot/kimi-k3', stream: false });
    expect(response.status).toBe(500);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('"fault":"TypeError"'));
    expect(await rowOf(response)).toMatchObject({ source: 'estimated', errorCode: 'internal_error' });
    mend.mockRestore();
    logged.mockRestore();
  });

  it.each([null, undefined, '', false])(
    'has not come where the finish reason is %j: a failure, billed as the provider says, whole or streamed',
    async (finish_reason) => {
      const whole = { choices: [{ message: { content: 'Hi' }, finish_reason }], usage };
      const streamed = sse([delta('Hi'), { ...(delta('') as object), choices: [{ delta: {}, finish_reason }], usage }]);
      for (const [stream, answer] of [
        [false, () => Response.json(whole)],
        [true, () => Response.json(whole)],
        [true, () => streamOf(streamed)],
      ] as const) {
        provider?.restore();
        provider = playProvider(answer);
        const response = await post({ ...request, stream });
        // A choice has gone out by then where it streams.
        expect(response.status).toBe(stream ? 200 : 502);
        expect(await response.text()).toMatch(/"code":"upstream_error"\}\}\s*$/);
        expect(await rowOf(response)).toMatchObject({
          ...{ end: 'upstream_failed', source: 'reported', finishReason: null },
          usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 4 },
        });
      }
    },
  );

  it.each([[5], [true], [{ why: 'done' }]])('is a stop where the finish reason is %j', async (finish_reason) => {
    const whole = { choices: [{ message: { content: 'Hi' }, finish_reason }], usage };
    const streamed = sse([delta('Hi'), { ...(delta('') as object), choices: [{ delta: {}, finish_reason }], usage }]);
    for (const [stream, answer] of [
      [false, () => Response.json(whole)],
      [true, () => streamOf(streamed)],
    ] as const) {
      provider?.restore();
      provider = playProvider(answer);
      const response = await post({ ...request, stream });
      expect(await response.text()).toContain('"finish_reason":"stop"');
      expect(await rowOf(response)).toMatchObject({ end: 'completed', finishReason: 'stop' });
    }
  });

  it('without any choice is a failure, billed by the usage that came all the same', async () => {
    const envelope = { id: 'v', object: 'chat.completion.chunk', created: 5, model: 'm', usage };
    const complaint = { error: { message: 'ran into trouble', code: 500 }, usage };
    const bodies = [{ ...envelope, choices: [] }, envelope, { ...envelope, choices: [null] }, complaint];
    for (const body of bodies) {
      for (const [stream, answer] of [
        [false, () => Response.json(body)],
        [true, () => Response.json(body)],
        [true, () => streamOf(sse([body]))],
      ] as const) {
        provider?.restore();
        provider = playProvider(answer);
        const response = await post({ ...request, stream });
        expect(response.status).toBe(502);
        expect(await response.json()).toMatchObject({ error: { code: 'upstream_error' } });
        expect(provider.seen).toHaveLength(1);
        expect(await rowOf(response)).toMatchObject({
          ...{ end: 'upstream_failed', source: 'reported' },
          usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 4 },
        });
      }
    }
  });

  it.each([
    ['nothing', ''],
    ['the beginning of an answer', '{"choices":[{"index":0,"message":{"role":"assistant","content":"Hel'],
  ])('is a failure with an estimated bill where a good status comes with %s', async (_what, body) => {
    for (const stream of [true, false]) {
      play(body);
      const response = await post({ ...request, stream });
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { code: 'upstream_error' } });
      expect(await rowOf(response)).toMatchObject({ end: 'upstream_failed', source: 'estimated' });
    }
  });

  it('bills the client that leaves by what the provider says', async () => {
    play(sse([...Array.from({ length: 20 }, () => delta('word ')), delta('', 'stop', { usage })]), { pace: 20 });
    const response = await post();
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const gone = { end: 'client_gone', source: 'reported', usage: { inputTokens: 10, outputTokens: 5 } };
    await vi.waitFor(async () => expect(await rowOf(response)).toMatchObject(gone), WITHIN);
  });
});
