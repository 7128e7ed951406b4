import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isolateHealth } from '../../src/offer/health-memory.ts';
import { standingOf } from '../../src/providers/health.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { GRANULARITIES, type SeenRequest, sse, streamOf } from '../support/provider.ts';
import { ask, type DoorName, FIRST, playRoute, type Reply, SECOND, says, THIRD } from '../support/routes.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What an answer of each costs that used 100 tokens of input and 20 of output, nano-USD. */
const FIRST_COST = 100 * 150 + 20 * 500;
const SECOND_COST = 100 * 950 + 20 * 4_000;

const DOOR_NAMES: readonly DoorName[] = ['chat', 'messages', 'responses'];

const error =
  (status: number, body: object = { error: { message: 'no' } }, headers: Record<string, string> = {}): Reply =>
  () =>
    Response.json(body, { status, headers });

const html = () => new Response('<html><body>Welcome</body></html>', { headers: { 'content-type': 'text/html' } });

function noConnection(): Response {
  throw new TypeError('connection refused');
}

/** A stream without a choice in it. */
const stream = (body: string, more: object = {}) =>
  streamOf(body, { headers: { 'content-type': 'text/event-stream' }, ...more });

/** What says nothing about the request. The last member tells whether the provider had taken the request on. */
const PASSES_ON: readonly [string, Reply, number | null, string][] = [
  ['no connection', noConnection, null, 'upstream_error'],
  ['a timeout of its own', error(408), 408, 'upstream_error'],
  ['a rate limit', error(429), 429, 'upstream_rate_limited'],
  ['a rate limit of a minute', error(429, undefined, { 'retry-after': '60' }), 429, 'upstream_rate_limited'],
  ['a fault of its own', error(500), 500, 'upstream_error'],
  ['a bad gateway', error(502), 502, 'upstream_error'],
  ['overload', error(503), 503, 'upstream_overloaded'],
  ['overload by its other name', error(529), 529, 'upstream_overloaded'],
  ['an account without money', error(402), 402, 'upstream_insufficient_balance'],
  ['a key that it refuses', error(401), 401, 'upstream_auth_error'],
  ['a key that may not do this', error(403), 403, 'upstream_auth_error'],
  [
    'a redirect',
    () => new Response(null, { status: 302, headers: { location: 'https://x.test/' } }),
    302,
    'upstream_error',
  ],
  ['a page in a 200', html, 200, 'upstream_error'],
  ['an error in a 200', error(200, { error: { message: 'try later', code: '1305' } }), 200, 'upstream_overloaded'],
  ['a model that is gone', error(404, { error: { message: 'Not found the model' } }), 404, 'invalid_request'],
  [
    'a model that is gone, by its code',
    error(400, { error: { code: '1211', message: '模型不存在，请检查模型代码。' } }),
    400,
    'invalid_request',
  ],
];

describe.each(DOOR_NAMES)('a failure that says nothing about the request, at the door %s', (door) => {
  it.each(PASSES_ON)('%s: the next target serves, and is all that is billed', async (_name, reply, status, code) => {
    for (const stream of [false, true]) {
      const { asked, restore } = await playRoute({ zai: reply, moonshot: says('hello') });
      const { header, isWhole, row, said, state, status: got } = await ask({ door, stream });
      restore();
      expect({ got, said, isWhole }).toEqual({ got: 200, said: 'hello', isWhole: true });
      expect(asked).toEqual(['zai', 'moonshot']);
      expect([header('provider'), header('model'), header('attempts')]).toEqual(['moonshot', 'kimi-k2.6', '2']);
      expect(row).toMatchObject({
        ...{ end: 'completed', source: 'reported', provider: 'moonshot', model: 'kimi-k2.6', status: 200 },
        ...{ costNanoUsd: SECOND_COST, requestedModel: FIRST, priceRevision: 'moonshot-2026-04', errorCode: null },
        attempts: [
          { provider: 'zai', model: 'glm-5.3-flash', credential: '#1', status, code },
          { provider: 'moonshot', model: 'kimi-k2.6', credential: '#1', status: 200, code: null },
        ],
      });
      expect(row.attempts[0]).not.toHaveProperty('cost_nano_usd');
      expect(state).toMatchObject({ held: 0, openLeases: 0 });
    }
  });
});

/** Streams that begin well, and end before a choice. */
const BREAKS_OFF: readonly [string, () => Response][] = [
  ['at its end', () => stream('')],
  ['after a comment', () => stream(': here\n\n')],
  ['after an event', () => stream(`data: ${JSON.stringify({ id: 'x', choices: [], usage: null })}\n\n`)],
  ['with [DONE]', () => stream('data: [DONE]\n\n')],
  ['in its bytes', () => stream(`data: ${JSON.stringify({ id: 'x', choices: [] })}\n\n`, { breakOff: true })],
  ['in what is no JSON', () => stream('data: oops\n\n')],
];

describe.each(DOOR_NAMES)('a stream that ends before a choice, at the door %s', (door) => {
  it.each(BREAKS_OFF)('%s: the next target serves, and its input is billed as an estimate', async (_name, reply) => {
    for (const granularity of GRANULARITIES) {
      const { restore } = await playRoute({ zai: reply, moonshot: says('hello', granularity) });
      const { isWhole, row, said } = await ask({ door, stream: true });
      restore();
      expect({ said, isWhole }).toEqual({ said: 'hello', isWhole: true });
      const [broken, served] = row.attempts;
      expect(broken).toMatchObject({ provider: 'zai', status: 200, code: 'upstream_error' });
      expect(served).not.toHaveProperty('cost_nano_usd');
      const estimate = broken?.cost_nano_usd ?? 0;
      // Some tokens of input at the price of the one that broke off.
      expect(estimate % 150).toBe(0);
      expect(estimate / 150).toBeGreaterThan(3);
      expect(estimate / 150).toBeLessThan(30);
      expect(row).toMatchObject({
        ...{ provider: 'moonshot', source: 'reported', costNanoUsd: SECOND_COST + estimate },
        usage: { inputTokens: 100, outputTokens: 20 },
      });
    }
  });
});

it('a whole answer that is cut is billed as an estimate of its input, and the next target serves', async () => {
  await playRoute({ zai: () => new Response('{"id": "a", "choices": [{"index": 0, "mess'), moonshot: says('hello') });
  const { row, said } = await ask();
  expect(said).toBe('hello');
  expect(row.attempts[0]).toMatchObject({ status: 200, code: 'upstream_error', cost_nano_usd: expect.any(Number) });
  expect(row.costNanoUsd).toBe(SECOND_COST + (row.attempts[0]?.cost_nano_usd ?? 0));
});

describe.each(['reasoning', 'cursor'] as const)('a key of purpose %s', (purpose) => {
  it.each(GRANULARITIES)(
    'is served by the next target in a stream that comes one %s at a time',
    async (granularity) => {
      const key = await makeKey({ purpose });
      for (const [, reply] of BREAKS_OFF) {
        const { restore } = await playRoute({ zai: reply, moonshot: says('hello', granularity) });
        const { isWhole, row, said } = await ask({ key, stream: true });
        restore();
        expect({ said, isWhole }).toEqual({ said: 'hello', isWhole: true });
        expect(row).toMatchObject({ purpose, provider: 'moonshot' });
        expect(row.costNanoUsd).toBe(SECOND_COST + (row.attempts[0]?.cost_nano_usd ?? 0));
      }
    },
  );
});

describe('a failure that another target would meet as well', () => {
  const FINAL: readonly [string, Reply, number, string][] = [
    ['a bad request', error(400, { error: { message: 'bad temperature' } }), 400, 'invalid_request'],
    ['one that cannot be processed', error(422), 400, 'invalid_request'],
    [
      'a prompt that is too long',
      error(400, { error: { code: '1261', message: 'x' } }),
      400,
      'context_length_exceeded',
    ],
    ['a content filter', error(400, { error: { code: '1301', message: 'filtered' } }), 400, 'content_filter'],
    ['a body that is too large', error(413), 413, 'request_too_large'],
  ];

  it.each(FINAL)('%s is told at once', async (_name, reply, status, code) => {
    for (const stream of [false, true]) {
      const { asked, restore } = await playRoute({ zai: reply });
      const { row, status: got } = await ask({ stream });
      restore();
      expect(got).toBe(status);
      expect(asked).toEqual(['zai']);
      expect(row).toMatchObject({ errorCode: code, end: 'upstream_failed', source: 'none', costNanoUsd: 0 });
    }
  });

  it.each(GRANULARITIES)('a stream that breaks off after a choice has gone out (%s)', async (granularity) => {
    const chunk = {
      id: 'x',
      choices: [{ index: 0, delta: { role: 'assistant', content: 'He' }, finish_reason: null }],
    };
    for (const door of DOOR_NAMES) {
      const { asked, restore } = await playRoute({ zai: () => streamOf(sse([chunk], false), { granularity }) });
      const { row, text } = await ask({ door, stream: true });
      restore();
      expect(asked).toEqual(['zai']);
      expect(text).toContain('before it was complete');
      expect(row).toMatchObject({ provider: 'zai', end: 'upstream_failed', source: 'estimated' });
      expect(row.attempts).toHaveLength(1);
    }
  });
});

describe('where all targets fail', () => {
  it('each is tried once, the last three times, and the client is told of the last', async () => {
    const { asked } = await playRoute({ zai: error(500), moonshot: error(503), deepseek: error(503) });
    const { row, state, status } = await ask({ models: [FIRST, SECOND, THIRD] });
    expect(status).toBe(503);
    expect(asked).toEqual(['zai', 'moonshot', 'deepseek', 'deepseek', 'deepseek']);
    expect(row).toMatchObject({
      provider: 'deepseek',
      costNanoUsd: 0,
      source: 'none',
      errorCode: 'upstream_overloaded',
    });
    expect(row.attempts).toHaveLength(5);
    expect(state).toMatchObject({ held: 0, openLeases: 0 });
  });

  it('the last ends the tries where it says something about the request', async () => {
    const { asked } = await playRoute({
      zai: error(500),
      moonshot: error(400, { error: { message: 'no such temperature' } }),
    });
    const { status, text } = await ask();
    expect(status).toBe(400);
    expect(text).toContain('no such temperature');
    expect(asked).toEqual(['zai', 'moonshot']);
  });

  it('all that broke off is in the row, the last as its own usage', async () => {
    await playRoute({ zai: () => stream(''), moonshot: () => stream('') });
    const { row, state } = await ask({ stream: true });
    const [first, last] = row.attempts;
    expect(last).not.toHaveProperty('cost_nano_usd');
    expect(row).toMatchObject({ provider: 'moonshot', source: 'estimated', end: 'upstream_failed' });
    expect(row.costNanoUsd).toBe((first?.cost_nano_usd ?? 0) + row.usage.inputTokens * 950);
    expect(first?.cost_nano_usd).toBe(row.usage.inputTokens * 150);
    expect(state).toMatchObject({ held: 0 });
  });
});

describe('what cannot be asked is passed over', () => {
  const image = {
    messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }] }],
  };

  it('a target that reads no images, where another does', async () => {
    const { asked } = await playRoute({ zai: says('a cat') });
    const { header, said } = await ask({ models: ['zai/glm-5.2', FIRST], body: image });
    expect(said).toBe('a cat');
    expect([header('model'), header('attempts')]).toEqual(['glm-5.3-flash', '1']);
    expect(asked).toEqual(['zai']);
  });

  it('all of them: the clear error of the first', async () => {
    await playRoute({});
    const { status, text, state } = await ask({ models: ['zai/glm-5.2', 'zai/glm-5.1'], body: image });
    expect(status).toBe(400);
    expect(text).toContain('zai/glm-5.2 takes no image input');
    expect(state).toMatchObject({ held: 0, openLeases: 0 });
  });

  const long = { messages: [{ role: 'user', content: 'word '.repeat(220_000) }] };

  it('a target whose context is too small', async () => {
    const { asked } = await playRoute({ zai: says('read') });
    const { header, said } = await ask({ models: [SECOND, FIRST], body: long });
    expect(said).toBe('read');
    expect(header('attempts')).toBe('1');
    expect(asked).toEqual(['zai']);
  });

  it('all of them: context_length_exceeded, in the words that Claude Code knows', async () => {
    await playRoute({});
    const { row, status, text } = await ask({ door: 'messages', models: [SECOND, 'zai/glm-5.1'], body: long });
    expect(status).toBe(400);
    expect(text).toMatch(/prompt is too long: 275\d\d\d tokens > 2\d\d\d\d\d maximum/);
    expect(row).toMatchObject({ errorCode: 'context_length_exceeded', end: 'rejected' });
  });

  it('all of them at Responses, streamed: told inside the stream, on which Codex makes its history shorter', async () => {
    await playRoute({});
    const asked = { models: [SECOND, 'zai/glm-5.1'], body: { input: 'word '.repeat(220_000) } };
    const { row, status, text } = await ask({ ...asked, door: 'responses', stream: true });
    expect(status).toBe(200);
    expect(text).toMatch(/^event: response\.created\n/);
    expect(text).toMatch(
      /event: response\.failed\ndata: [^\n]*"code":"context_length_exceeded"[^\n]*\n\ndata: \[DONE\]\n\n$/,
    );
    expect(row).toMatchObject({ status: 200, errorCode: 'context_length_exceeded', end: 'rejected', costNanoUsd: 0 });
    expect((await ask({ ...asked, door: 'responses' })).status).toBe(400);
  });

  it('a target whose quirks exclude what is asked: the next is prepared for itself', async () => {
    const { asked, seen } = await playRoute({ zai: says('done') });
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
    const forced = { tools, tool_choice: 'required', thinking: { type: 'enabled' } };
    const { said } = await ask({ models: [THIRD, FIRST], body: forced });
    expect(said).toBe('done');
    expect(asked).toEqual(['zai']);
    expect(seen[0]?.json).toMatchObject({ model: 'glm-5.3-flash', tool_choice: 'auto' });
  });
});

describe('each try is prepared for its target', () => {
  it('by the name, the parameters and the quirks of its own, and no list of ours reaches it', async () => {
    const { seen } = await playRoute({ zai: error(503), deepseek: says('ok') });
    await ask({ models: [FIRST, THIRD], body: { temperature: 2, max_completion_tokens: 50 } });
    const [first, second] = seen.map(({ json }) => json);
    expect(first).toMatchObject({ model: 'glm-5.3-flash', temperature: 1, max_tokens: 50 });
    expect(second).toMatchObject({ model: 'deepseek-flash', temperature: 2, max_tokens: 50 });
    expect(second).toHaveProperty('user_id');
    for (const sent of [first, second]) expect(sent).not.toHaveProperty('models');
  });

  it('with the credentials of its own provider', async () => {
    const { seen } = await playRoute({ zai: error(503), deepseek: says('ok') });
    await ask({ models: [FIRST, THIRD] });
    expect(seen.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer vendor-key-zai',
      'Bearer vendor-key-deepseek',
    ]);
  });

  it.each(['reasoning', 'cursor'] as const)('with the reasoning that a key of purpose %s is owed', async (purpose) => {
    const key = await makeKey({ purpose });
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
    const thought: Reply = () => {
      const message = { role: 'assistant', content: '', reasoning_content: 'I must call f.', tool_calls: [call] };
      return Response.json({ id: 'a', choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
    };
    const opening = { role: 'user', content: 'Call f' };
    const first = await playRoute({ deepseek: thought });
    await ask({ key, models: [THIRD], body: { tools, messages: [opening] } });
    first.restore();
    const next = await playRoute({ zai: error(503), deepseek: says('done') });
    const turn = [
      opening,
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: '1' },
    ];
    const { said } = await ask({ key, models: [FIRST, THIRD], body: { tools, messages: turn } });
    expect(said).toBe('done');
    const messages = next.seen[1]?.json['messages'];
    expect(messages).toMatchObject([{}, { role: 'assistant', reasoning_content: 'I must call f.' }, {}]);
  });
});

describe('time', () => {
  const silent: Reply = ({ signal }: SeenRequest) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  /** Headers and comments, and nothing else. */
  const commenting: Reply = () => {
    const comment = new TextEncoder().encode(': still here\n\n');
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          controller.enqueue(comment);
        },
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    );
  };

  it.each([
    ['nothing', silent, null],
    ['comments alone', commenting, 200],
  ] as const)(
    'a stream that brings %s within FALLBACK_AFTER_MS is left for the next target',
    async (_name, reply, status) => {
      for (const door of DOOR_NAMES) {
        const { restore } = await playRoute({ zai: reply, moonshot: says('hello') });
        const variables = { FALLBACK_AFTER_MS: '150', KEEP_ALIVE_MS: '60' };
        const { isWhole, row, said } = await ask({ door, stream: true, variables });
        restore();
        expect({ said, isWhole }).toEqual({ said: 'hello', isWhole: true });
        expect(row.attempts[0]).toMatchObject({ provider: 'zai', status, code: 'upstream_timeout' });
        expect(row.attempts[0]?.ms).toBeGreaterThanOrEqual(140);
        // Who never answered costs nothing; who had begun has perhaps read the prompt.
        expect(row.attempts[0]?.cost_nano_usd ?? null).toEqual(status === null ? null : expect.any(Number));
      }
    },
  );

  it('the last target has FIRST_BYTE_TIMEOUT_MS, and so has a whole answer', async () => {
    const late: Reply = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return says('late')(request);
    };
    const variables = { FALLBACK_AFTER_MS: '100', FIRST_BYTE_TIMEOUT_MS: '5000' };
    const last = await playRoute({ zai: silent, moonshot: late });
    expect(await ask({ stream: true, variables })).toMatchObject({ said: 'late' });
    expect(last.asked).toEqual(['zai', 'moonshot']);
    last.restore();
    const whole = await playRoute({ zai: late });
    expect(await ask({ variables })).toMatchObject({ said: 'late' });
    expect(whole.asked).toEqual(['zai']);
  });

  it('nobody is left for a target that cannot be asked', async () => {
    const image = { type: 'image_url', image_url: { url: 'https://x.test/a.png' } };
    const { asked } = await playRoute({
      zai: async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        return says('a cat')(request);
      },
    });
    const body = { messages: [{ role: 'user', content: [image] }] };
    const models = [FIRST, 'zai/glm-5.2', 'zai/glm-5.1'];
    const { row, said } = await ask({ models, stream: true, body, variables: { FALLBACK_AFTER_MS: '100' } });
    expect(said).toBe('a cat');
    expect(asked).toEqual(['zai']);
    expect(row.attempts).toHaveLength(1);
  });

  it('a whole answer that does not begin within FIRST_BYTE_TIMEOUT_MS is asked of the next', async () => {
    await playRoute({ zai: silent, moonshot: says('hello') });
    const { row, said } = await ask({ variables: { FIRST_BYTE_TIMEOUT_MS: '150' } });
    expect(said).toBe('hello');
    expect(row.attempts[0]).toMatchObject({ status: null, code: 'upstream_timeout' });
    expect(row.costNanoUsd).toBe(SECOND_COST);
  });

  it.each(DOOR_NAMES)('the next may serve after the 200 has gone out, at the door %s', async (door) => {
    await playRoute({ zai: silent, moonshot: says('hello') });
    const variables = { COMMIT_AFTER_MS: '50', FALLBACK_AFTER_MS: '250', KEEP_ALIVE_MS: '60' };
    const { header, isWhole, row, said, text } = await ask({ door, stream: true, variables });
    expect({ said, isWhole }).toEqual({ said: 'hello', isWhole: true });
    // The headers name who was being tried when they went out; the row names who served.
    expect([header('provider'), header('attempts')]).toEqual(['zai', '1']);
    expect(row).toMatchObject({ provider: 'moonshot', costNanoUsd: SECOND_COST });
    expect(text.match(/message_start|response\.created/g)?.length ?? 1).toBeLessThanOrEqual(2);
    const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, position) => position));
  });

  it('where all fail after the 200 has gone out, the stream says so', async () => {
    await playRoute({ zai: silent, moonshot: error(503) });
    const variables = { COMMIT_AFTER_MS: '50', FALLBACK_AFTER_MS: '150' };
    const { row, status, text } = await ask({ stream: true, variables });
    expect(status).toBe(200);
    expect(text).toContain('"code":"upstream_overloaded"');
    expect(row).toMatchObject({ status: 200, errorCode: 'upstream_overloaded', provider: 'moonshot', costNanoUsd: 0 });
  });
});

describe('who asks', () => {
  /** Asks, and leaves while the first provider thinks. */
  it('is asked for no more once it has left', async () => {
    const { key, secret } = await makeKey();
    const leaving = new AbortController();
    const { asked } = await playRoute({
      zai: async () => {
        leaving.abort();
        await new Promise((resolve) => setTimeout(resolve, 100));
        return Response.json({ error: { message: 'no' } }, { status: 503 });
      },
    });
    const router = routerWith({});
    const body = JSON.stringify({ models: [FIRST, SECOND], messages: [{ role: 'user', content: 'Hi' }] });
    const headers = { authorization: `Bearer ${secret}` };
    const url = 'http://router.test/v1/chat/completions';
    const asking = router.fetch(url, { method: 'POST', body, headers, signal: leaving.signal });
    await asking.catch(() => undefined);
    await router.settled();
    expect(asked).toEqual(['zai']);
    expect(await ledgerRow(key.id, null)).toMatchObject({ end: 'client_gone', provider: 'zai' });
    expect(await env.KEY_LEDGER.getByName(key.id).state(key)).toMatchObject({ held: 0, openLeases: 0 });
  });

  it('gets the ledger’s late no in the middle of it, and nothing is billed', async () => {
    const { key, secret } = await makeKey();
    const stub = env.KEY_LEDGER.getByName(key.id);
    const begin = async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      const nothing = { retryAfter: null, window: null, resetAt: null, shortage: null };
      return { kind: 'refused', reason: 'disabled', ...nothing, rateLimits: { requests: null, tokens: null } };
    };
    const KEY_LEDGER = {
      getByName: () => ({ begin, settle: (...args: Parameters<typeof stub.settle>) => stub.settle(...args) }),
    };
    const { asked } = await playRoute({
      zai: () => stream(''),
      moonshot: ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const router = routerWith({ KEY_LEDGER });
    const body = JSON.stringify({
      models: [FIRST, SECOND, THIRD],
      stream: true,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const headers = { authorization: `Bearer ${secret}` };
    const response = await router.fetch('http://router.test/v1/chat/completions', { method: 'POST', body, headers });
    await response.text();
    await router.settled();
    expect(response.status).toBe(401);
    expect(asked).toEqual(['zai', 'moonshot']);
    expect(await ledgerRow(key.id, null)).toMatchObject({ end: 'rejected', costNanoUsd: 0, source: 'none' });
  });
});

describe('several keys of a provider', () => {
  const variables = { ZAI_API_KEY: 'one=key-of-one two=key-of-two' };
  const secretOf = ({ headers }: SeenRequest) => headers.get('authorization')?.replace('Bearer ', '') ?? '';

  it('are tried before the next target, and the row names each', async () => {
    const { asked } = await playRoute({ zai: error(401), moonshot: says('hello') });
    const { header, row, said } = await ask({ variables });
    expect(said).toBe('hello');
    expect(header('attempts')).toBe('3');
    expect(asked).toEqual(['zai', 'zai', 'moonshot']);
    expect(row.attempts.map(({ credential }) => credential).sort()).toEqual(['#1', 'one', 'two']);
    expect(JSON.stringify(row)).not.toContain('key-of-');
  });

  it('a refused one comes last from then on, and only its sessions move', async () => {
    const key = await makeKey();
    const refuses = new Set<string>();
    const served: string[] = [];
    const { seen } = await playRoute({
      zai: (request) => {
        if (refuses.has(secretOf(request))) return Response.json({ error: { message: 'no' } }, { status: 401 });
        served.push(secretOf(request));
        return says('ok')(request);
      },
    });
    const sessions = Array.from({ length: 12 }, (_, index) => `session-${index}`);
    const visit = async () => {
      served.length = 0;
      for (const session of sessions) {
        await ask({ key, models: [FIRST], variables, headers: { 'x-session-id': session } });
      }
      return [...served];
    };
    const before = await visit();
    expect(new Set(before).size).toBe(2);
    expect(await visit()).toEqual(before);
    refuses.add('key-of-one');
    await ask({
      key,
      models: [FIRST],
      variables,
      headers: { 'x-session-id': sessions[before.indexOf('key-of-one')] ?? '' },
    });
    expect(standingOf(isolateHealth(), 'zai', 'one', Date.now()).well).toBe(false);
    const calls = seen.length;
    expect(await visit()).toEqual(sessions.map(() => 'key-of-two'));
    // Nobody met the refused one again.
    expect(seen.length - calls).toBe(sessions.length);
  });

  it('an error of one never tells the key of another', async () => {
    await playRoute({ zai: error(400, { error: { message: 'key-of-one and key-of-two are both fine' } }) });
    const { text } = await ask({ models: [FIRST], variables });
    expect(text).not.toContain('key-of-');
  });
});

it('what is out is not expected to serve: the lease is told of the next', async () => {
  const key = await makeKey();
  const { asked } = await playRoute({ zai: error(503), moonshot: says('hello') });
  for (let time = 0; time < 3; time += 1) await ask({ key });
  const stub = env.KEY_LEDGER.getByName(key.key.id);
  let leased: string | null = null;
  const begin = (...args: Parameters<typeof stub.begin>) => {
    leased = args[1].provider;
    return stub.begin(...args);
  };
  const settle = (...args: Parameters<typeof stub.settle>) => stub.settle(...args);
  const before = asked.length;
  await ask({ key, variables: { KEY_LEDGER: { getByName: () => ({ begin, settle }) } } });
  expect(asked.slice(before)).toEqual(['moonshot']);
  expect(leased).toBe('moonshot');
});

describe('the hold is the dearest target’s', () => {
  it.each([
    [FIRST, SECOND],
    [SECOND, FIRST],
  ])('in whichever order: %s, %s', async (...models) => {
    let held = 0;
    const key = await makeKey({ budgetDayUsd: 1 });
    const measuring: Reply = async (request) => {
      ({ held } = await env.KEY_LEDGER.getByName(key.key.id).state(key.key));
      return says('ok')(request);
    };
    await playRoute({ zai: measuring, moonshot: measuring });
    const { row } = await ask({ key, models, body: { max_tokens: 1_000 } });
    expect(row.costNanoUsd).toBe(models[0] === FIRST ? FIRST_COST : SECOND_COST);
    expect(held).toBeGreaterThan(1_000 * 4_000);
    expect(held).toBeLessThan(1_000 * 4_000 + 100 * 950);
  });
});
