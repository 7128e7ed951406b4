import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyLedger } from '../../src/ledger/key-ledger.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider, type SeenRequest, sse, streamOf } from '../support/provider.ts';

let secret = '';
let keyId = '';
let provider: ReturnType<typeof playProvider> | null = null;

beforeAll(async () => {
  const made = await makeKey();
  secret = made.secret;
  keyId = made.key.id;
});

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

function delta(content: string, finish: string | null = null, more: object = {}): unknown {
  return {
    id: 'v',
    object: 'chat.completion.chunk',
    created: 5,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
    ...more,
  };
}

const hello = [delta('Hel'), delta('lo'), delta('', 'stop', { usage })];
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function request(stream: boolean, signal?: AbortSignal, own = secret): [string, RequestInit] {
  const body = JSON.stringify({
    model: 'deepseek/deepseek-flash',
    stream,
    messages: [{ role: 'user', content: 'Hi there, provider' }],
    user: own,
  });
  const init = { method: 'POST', body, headers: { authorization: `Bearer ${own}` } };
  return ['http://router.test/v1/chat/completions', signal === undefined ? init : { ...init, signal }];
}

/** A stream that writes these texts, each after its milliseconds of silence, and then ends or hangs. */
function slowly(
  steps: readonly (readonly [number, string])[],
  end: 'close' | 'hang' = 'close',
): (seen: SeenRequest) => Response {
  return () => {
    const waiting = [...steps];
    const stream = new ReadableStream({
      type: 'bytes',
      async pull(controller) {
        const step = waiting.shift();
        if (step === undefined) {
          if (end === 'close') controller.close();
          else await new Promise(() => undefined);
          return;
        }
        await pause(step[0]);
        controller.enqueue(new TextEncoder().encode(step[1]));
      },
    });
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  };
}

describe('while a provider is slow', () => {
  it('the status waits for the first event, and a failure within COMMIT_AFTER_MS is a true HTTP error', async () => {
    provider = playProvider(slowly([[60, sse([{ error: { message: 'too busy', type: 'overloaded_error' } }])]]));
    const response = await routerWith({ COMMIT_AFTER_MS: '1000' }).fetch(...request(true));
    expect(response.status).toBe(503);
  });

  it('after COMMIT_AFTER_MS the status is 200, comments keep the line open, and a failure is an error frame', async () => {
    provider = playProvider(slowly([[400, sse([{ error: { message: 'too busy', type: 'overloaded_error' } }])]]));
    const response = await routerWith({ COMMIT_AFTER_MS: '50', KEEP_ALIVE_MS: '60' }).fetch(...request(true));
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.match(/: keep-alive\n\n/g)?.length).toBeGreaterThanOrEqual(2);
    expect(text).toMatch(/data: \{"error":\{.*"upstream_overloaded"\}\}\n\n$/);
  });

  it('silence between chunks is filled with comments', async () => {
    const [first, second, last] = hello;
    provider = playProvider(
      slowly([
        [0, sse([first], false)],
        [250, sse([second, last])],
      ]),
    );
    const text = await (await routerWith({ KEEP_ALIVE_MS: '60' }).fetch(...request(true))).text();
    expect(text.indexOf(': keep-alive')).toBeGreaterThan(text.indexOf('Hel'));
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it.each([true, false])('no first byte within FIRST_BYTE_TIMEOUT_MS is a 504 (stream: %s)', async (stream) => {
    provider = playProvider(async ({ signal }) => {
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return new Response();
    });
    const response = await routerWith({ FIRST_BYTE_TIMEOUT_MS: '80' }).fetch(...request(stream));
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_timeout' } });
    const row = await ledgerRow(keyId, response);
    expect(row).toMatchObject({ end: 'timeout', source: 'none', costNanoUsd: 0 });
  });

  it('headers without a body do not put FIRST_BYTE_TIMEOUT_MS off', async () => {
    provider = playProvider(async () => {
      await pause(800);
      return slowly([], 'hang')(provider?.seen[0] as SeenRequest);
    });
    const response = await routerWith({ FIRST_BYTE_TIMEOUT_MS: '1000' }).fetch(...request(true));
    expect(response.status).toBe(504);
    expect((await ledgerRow(keyId, response))?.durationMs).toBeLessThan(1_700);
  });

  it('a stream that falls silent for IDLE_TIMEOUT_MS ends with an error frame; comments of the provider are life', async () => {
    const living = Array.from({ length: 8 }, () => [80, ': keep-alive\n\n'] as const);
    provider = playProvider(slowly([[0, sse([hello[0]], false)], ...living, [20, sse([hello[1]], false)]], 'hang'));
    const router = routerWith({ IDLE_TIMEOUT_MS: '600' });
    const response = await router.fetch(...request(true));
    const text = await response.text();
    expect(text).toContain('"lo"');
    expect(text).toMatch(/"upstream_timeout"\}\}\n\n$/);
    await router.settled();
    expect(await ledgerRow(keyId, response)).toMatchObject({ end: 'timeout', source: 'estimated' });
  });

  it('a whole answer may come after minutes of blank lines', async () => {
    const answer = JSON.stringify({
      id: 'a',
      object: 'chat.completion',
      created: 1,
      choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
      usage,
    });
    provider = playProvider(slowly([...Array.from({ length: 8 }, () => [80, '\n'] as const), [0, answer]]));
    const response = await routerWith({ IDLE_TIMEOUT_MS: '600', FIRST_BYTE_TIMEOUT_MS: '600' }).fetch(
      ...request(false),
    );
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(answer);
  });
});

describe('when the ledger says no after the provider has begun to answer', () => {
  const rateLimits = { requests: null, tokens: null };
  const no = {
    kind: 'refused',
    reason: 'disabled',
    retryAfter: null,
    window: null,
    resetAt: null,
    shortage: null,
    rateLimits,
  };
  /** The true ledger, but for a no that takes its time. */
  const KEY_LEDGER = {
    getByName: (name: string) => ({
      begin: async () => {
        await pause(100);
        return no;
      },
      settle: (...settled: Parameters<DurableObjectStub<KeyLedger>['settle']>) =>
        env.KEY_LEDGER.getByName(name).settle(...settled),
    }),
  };

  it.each([
    ['in the middle', slowly([[0, sse(hello.slice(0, 2), false)]], 'hang')],
    ['to its end', () => streamOf(sse(hello))],
  ])('not a byte goes out, and the request is a refusal (the provider answers %s)', async (_how, answer) => {
    provider = playProvider(answer);
    const router = routerWith({ KEY_LEDGER });
    const response = await router.fetch(...request(true));
    expect(response.status).toBe(401);
    await router.settled();
    expect(await ledgerRow(keyId, response)).toMatchObject({ end: 'rejected', source: 'none', costNanoUsd: 0 });
  });
});

describe('when the client leaves', () => {
  it('the provider is read on for DRAIN_MS, then let go, and the bill is an estimate', async () => {
    provider = playProvider(
      slowly(
        [
          [0, sse([hello[0]], false)],
          [20, sse([hello[1]], false)],
        ],
        'hang',
      ),
    );
    const router = routerWith({ DRAIN_MS: '150', KEEP_ALIVE_MS: '30' });
    const response = await router.fetch(...request(true));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await router.settled();
    expect(await ledgerRow(keyId, response)).toMatchObject({
      end: 'client_gone',
      source: 'estimated',
      status: 200,
      errorCode: null,
    });
    expect(provider.seen[0]?.signal.aborted).toBe(true);
  });

  it('before the first byte too, and the numbers are those of the provider when it ends in time', async () => {
    provider = playProvider(slowly([[200, sse(hello)]]));
    const router = routerWith({});
    const leaving = new AbortController();
    const answer = router.fetch(...request(true, leaving.signal)).catch(() => null);
    await pause(60);
    leaving.abort();
    await answer;
    await router.settled();
    const rows = await ledgerRow(keyId, null);
    expect(rows).toMatchObject({ source: 'reported', usage: { inputTokens: 10, outputTokens: 5 } });
  });

  it.each([true, false])('a provider that could not be reached has cost nothing (stream: %s)', async (stream) => {
    const leaving = new AbortController();
    provider = playProvider(async () => {
      leaving.abort();
      await pause(50);
      throw new TypeError('no connection');
    });
    const router = routerWith({});
    await router.fetch(...request(stream, leaving.signal)).catch(() => null);
    await router.settled();
    expect(await ledgerRow(keyId, null)).toMatchObject({ end: 'client_gone', source: 'none', costNanoUsd: 0 });
  });

  it('after the answer has ended, it takes no place from those who leave before', async () => {
    provider = playProvider(() => new Response('{"error":{"message":"no"}}', { status: 400 }));
    const router = routerWith({});
    for (let count = 0; count < 40; count += 1) {
      const leaving = new AbortController();
      expect((await router.fetch(...request(count % 2 === 0, leaving.signal))).status).toBe(400);
      await router.settled();
      leaving.abort();
    }
    provider.restore();
    provider = playProvider(slowly([[200, sse(hello)]]));
    const leaving = new AbortController();
    const answer = router.fetch(...request(true, leaving.signal)).catch(() => null);
    await pause(60);
    leaving.abort();
    await answer;
    await router.settled();
    expect(await ledgerRow(keyId, null)).toMatchObject({ end: 'client_gone', source: 'reported' });
  });

  /** Requests of a key whose clients leave after the first words, while the provider goes on; and when it does not. */
  async function leaveAll(router: ReturnType<typeof routerWith>, own: string, count: number): Promise<void> {
    const asking = Array.from({ length: count }, () => router.fetch(...request(true, undefined, own)));
    for (const response of await Promise.all(asking)) {
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    }
    await pause(150);
  }

  /** How many streams of a key are read on: those whose provider has not been let go. */
  const readOn = (own: string) =>
    provider?.seen.filter(({ json, signal }) => json['user'] === own && !signal.aborted).length ?? 0;

  it('no more than 8 streams of a key are read on at once, and no more than 32 of all', async () => {
    provider = playProvider(slowly([[0, sse([hello[0]], false)]], 'hang'));
    const router = routerWith({ DRAIN_MS: '3000', KEEP_ALIVE_MS: '20' });
    const keys = await Promise.all(Array.from({ length: 5 }, () => makeKey()));
    const [first, ...others] = keys.map((made) => made.secret);
    await leaveAll(router, first ?? '', 12);
    expect(readOn(first ?? '')).toBe(8);
    // What that key does makes no estimate of another's bill.
    for (const other of others) await leaveAll(router, other, 8);
    expect(others.map(readOn)).toEqual([8, 8, 8, 0]);
    await router.settled();
    expect(keys.map((made) => readOn(made.secret))).toEqual([0, 0, 0, 0, 0]);
    for (const { key } of keys) {
      expect(await env.KEY_LEDGER.getByName(key.id).sums()).toMatchObject({ openLeases: 0, heldNanoUsd: 0 });
    }
    // The places are free again.
    await leaveAll(router, first ?? '', 8);
    expect(readOn(first ?? '')).toBe(8);
    await router.settled();
  });
});

describe('a client that reads slowly', () => {
  it('holds the provider back: nothing piles up in between', async () => {
    let written = 0;
    const chunk = new TextEncoder().encode(sse([delta('x'.repeat(10_000))], false));
    provider = playProvider(() => {
      const stream = new ReadableStream({
        type: 'bytes',
        async pull(controller) {
          // Lets timers run, as a network does.
          if (written % (chunk.length * 20) === 0) await pause(0);
          written += chunk.length;
          if (written > 200_000_000) controller.close();
          else controller.enqueue(chunk.slice());
        },
      });
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
    });
    const router = routerWith({ DRAIN_MS: '50' });
    const response = await router.fetch(...request(true));
    const reader = response.body?.getReader();
    await reader?.read();
    await pause(300);
    expect(written).toBeLessThan(2_000_000);
    await reader?.cancel();
    await router.settled();
  });

  /** A client that takes the first bytes, and then nothing more, while its connection stays. */
  async function stopReading(router: ReturnType<typeof routerWith>): Promise<Response> {
    const response = await router.fetch(...request(true));
    const reader = response.body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    return response;
  }

  it('for ever has left after IDLE_TIMEOUT_MS: the provider is read on, and its numbers are billed', async () => {
    const words = Array.from({ length: 50 }, () => delta('word '));
    provider = playProvider(() => streamOf(sse([...words, delta('', 'stop', { usage })])));
    const router = routerWith({ IDLE_TIMEOUT_MS: '300', KEEP_ALIVE_MS: '100' });
    const started = Date.now();
    const response = await stopReading(router);
    await router.settled();
    expect(Date.now() - started).toBeGreaterThanOrEqual(300);
    expect(await ledgerRow(keyId, response)).toMatchObject({
      end: 'client_gone',
      source: 'reported',
      usage: { inputTokens: 10, outputTokens: 5 },
    });
  });

  it('for ever holds nothing up, though the provider falls silent, or all but the last words have gone out', async () => {
    provider = playProvider(slowly([[0, sse([hello[0]], false)]], 'hang'));
    const router = routerWith({ IDLE_TIMEOUT_MS: '300', KEEP_ALIVE_MS: '100', DRAIN_MS: '50' });
    const silent = await stopReading(router);
    await router.settled();
    expect(await ledgerRow(keyId, silent)).toMatchObject({ end: 'timeout', source: 'estimated' });
    provider.restore();
    provider = playProvider(() => streamOf(sse(hello), { granularity: 'whole' }));
    const complete = await stopReading(router);
    await router.settled();
    expect(await ledgerRow(keyId, complete)).toMatchObject({ end: 'completed', source: 'reported' });
    expect((await env.KEY_LEDGER.getByName(keyId).sums()).openLeases).toBe(0);
  });
});

describe('trying again', () => {
  it.each([429, 500])('honours a short retry-after, and leaves a long one to the client (%i)', async (status) => {
    let calls = 0;
    provider = playProvider(() =>
      ++calls === 1 ? new Response('{}', { status, headers: { 'retry-after': '1' } }) : streamOf(sse(hello)),
    );
    const started = Date.now();
    expect((await routerWith({}).fetch(...request(true))).status).toBe(200);
    expect(Date.now() - started).toBeGreaterThanOrEqual(950);
    calls = 0;
    provider.restore();
    provider = playProvider(() => new Response('{}', { status, headers: { 'retry-after': '30' } }));
    const refused = await routerWith({}).fetch(...request(true));
    expect(refused.status).toBe(status === 429 ? 429 : 502);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(provider.seen).toHaveLength(1);
  });

  it('takes the pause that the provider asked for out of FIRST_BYTE_TIMEOUT_MS', async () => {
    let calls = 0;
    provider = playProvider(() =>
      ++calls === 1 ? new Response('{}', { status: 429, headers: { 'retry-after': '1' } }) : streamOf(sse(hello)),
    );
    expect((await routerWith({ FIRST_BYTE_TIMEOUT_MS: '700' }).fetch(...request(true))).status).toBe(200);
  });

  it('never after a byte has gone out', async () => {
    provider = playProvider(() => streamOf(sse([hello[0]], false), { breakOff: true }));
    const text = await (await routerWith({}).fetch(...request(true))).text();
    expect(text).toContain('"error"');
    expect(provider.seen).toHaveLength(1);
  });

  it('stops at COMMIT_AFTER_MS for streams', async () => {
    provider = playProvider(() => new Response('{}', { status: 503 }));
    const response = await routerWith({ COMMIT_AFTER_MS: '10' }).fetch(...request(true));
    expect([200, 503]).toContain(response.status);
    expect(provider.seen).toHaveLength(1);
    await response.text();
  });
});
