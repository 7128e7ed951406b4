import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KeyLedger } from '../../src/ledger/key-ledger.ts';
import type { KeySettings } from '../../src/store/keys.ts';
import type { ApiKey } from '../../src/store/schema.ts';
import { type ImpatientRouter, routerWith } from '../support/impatient-router.ts';
import { makeKey, mistyped } from '../support/keys.ts';
import { clock, SECOND } from '../support/ledger.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider, type SeenRequest, sse, streamOf } from '../support/provider.ts';
import { BASE_URL, get, SECRET as INTERNAL_SECRET, internal } from '../support/router.ts';

let provider: ReturnType<typeof playProvider> | null = null;
afterEach(() => {
  vi.restoreAllMocks();
});

const DEEPSEEK = 'deepseek/deepseek-flash';
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function asked(secret: string, body: object = {}, signal?: AbortSignal): [string, RequestInit] {
  const text = JSON.stringify({ model: DEEPSEEK, messages: [{ role: 'user', content: 'Hi' }], ...body });
  const init = { method: 'POST', body: text, headers: { authorization: `Bearer ${secret}` } };
  return [`${BASE_URL}/chat/completions`, signal === undefined ? init : { ...init, signal }];
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

function completion(more: object = { usage }): Response {
  const message = { role: 'assistant', content: 'ok' };
  return Response.json({ id: 'v', choices: [{ index: 0, message, finish_reason: 'stop' }], ...more });
}

/** A provider that takes the request, and says nothing until it is let go. */
async function hanging({ signal }: SeenRequest): Promise<Response> {
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  return new Response();
}

function delta(content: string, finish: string | null = null, more: object = {}): unknown {
  const choices = [{ index: 0, delta: { content }, finish_reason: finish }];
  return { id: 'v', object: 'chat.completion.chunk', created: 5, model: 'm', choices, ...more };
}

/** Two hundred requests at once: the answers by status, and how many the provider ever served at the same time. */
async function storm(settings: KeySettings, body: object, reply: () => Response) {
  const { key, secret } = await makeKey(settings);
  let running = 0;
  let most = 0;
  provider = playProvider(async () => {
    running += 1;
    most = Math.max(most, running);
    await pause(150);
    running -= 1;
    return reply();
  });
  const router = routerWith({});
  const answers = await Promise.all(Array.from({ length: 200 }, () => router.fetch(...asked(secret, body))));
  // On a machine with much else to do the ledger's word may come too late: that is a no (503), too.
  const errors = answers.filter(({ status }) => status !== 200 && status !== 503);
  await Promise.all(answers.map((answer) => answer.text()));
  await router.settled();
  const state = await env.KEY_LEDGER.getByName(key.id).state(key);
  return { key, secret, router, most, errors, served: provider.seen.length, state };
}

describe('two hundred requests at once, at the edge of a limit', () => {
  it('I7 never pass a budget where what is held is the most a request can cost', { timeout: 30_000 }, async () => {
    // Each costs its hold to the last token: what is estimated of the input, 8, and all of max_tokens.
    const limit = 0.000_4;
    const reply = () => completion({ usage: { prompt_tokens: 8, completion_tokens: 50, total_tokens: 58 } });
    const { errors, router, secret, served, state, key } = await storm(
      { budgetDayUsd: limit },
      { max_tokens: 50 },
      reply,
    );
    expect(served).toBeGreaterThan(1);
    expect(served).toBeLessThan(200);
    expect(new Set(errors.map(({ status }) => status))).toEqual(new Set([402]));
    expect(errors[0]?.headers.get('x-should-retry')).toBe('false');
    expect(state).toMatchObject({ held: 0, openLeases: 0 });
    // One after the other now, until not one more fits.
    for (let status = 200; status === 200; ) status = (await router.fetch(...asked(secret, { max_tokens: 50 }))).status;
    await router.settled();
    const { ledgerNanoUsd } = await env.KEY_LEDGER.getByName(key.id).sums();
    expect(ledgerNanoUsd).toBeLessThanOrEqual(limit * 1e9);
    expect(ledgerNanoUsd).toBeGreaterThan(limit * 0.8e9);
  });

  it('I7 never pass rpm', { timeout: 30_000 }, async () => {
    const { errors, served } = await storm({ rpm: 20 }, {}, () => completion());
    expect(served).toBeGreaterThan(0);
    expect(served).toBeLessThanOrEqual(20);
    expect(errors.length).toBeGreaterThan(0);
    for (const { status, headers } of errors) {
      expect(status).toBe(429);
      const wait = Number(headers.get('retry-after'));
      expect(wait).toBeGreaterThanOrEqual(1);
      expect(wait).toBeLessThanOrEqual(60);
    }
  });

  it('I7 never pass max_concurrent, and give each place back', { timeout: 30_000 }, async () => {
    const { errors, most, router, secret, served, state } = await storm({ maxConcurrent: 7 }, {}, () => completion());
    expect(most).toBeLessThanOrEqual(7);
    expect(served).toBeGreaterThan(0);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.every(({ status, headers }) => status === 429 && headers.get('retry-after') === '1')).toBe(true);
    expect(state.openLeases).toBe(0);
    expect((await router.fetch(...asked(secret))).status).toBe(200);
  });
});

it('each answer of a key with limits tells where it stands, a refusal too', async () => {
  provider = playProvider(() => completion());
  const { secret } = await makeKey({ rpm: 2, tpm: 1000 });
  const router = routerWith({});
  const told: unknown[] = [];
  for (let request = 0; request < 3; request += 1) {
    const { headers, status } = await router.fetch(...asked(secret));
    const remaining = ['requests', 'tokens'].map((name) => headers.get(`x-ratelimit-remaining-${name}`));
    told.push([status, ...remaining]);
    expect(headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(headers.get('x-ratelimit-limit-tokens')).toBe('1000');
    expect(headers.get('x-ratelimit-reset-requests')).toMatch(/^([1-9]|[1-5]\d|60)s$/);
    expect(headers.get('x-ratelimit-reset-tokens')).toMatch(/^([1-9]|[1-5]\d|60)s$/);
  }
  // A running request counts as the 8 tokens that its input is taken for, a settled one as the 15 it had.
  expect(told).toEqual([
    [200, '1', '992'],
    [200, '0', '977'],
    [429, '0', '970'],
  ]);
  const { secret: open } = await makeKey();
  const { headers } = await router.fetch(...asked(open));
  expect([...headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
});

describe('a ledger that cannot be reached', () => {
  const dead = () => Promise.reject(new Error('the object is gone'));
  const unreachable = { getByName: () => ({ begin: dead, settle: dead, checkpoint: dead }) };
  const stuck = { getByName: () => ({ begin: () => new Promise(() => undefined), settle: dead, checkpoint: dead }) };

  it.each([
    ['fails', unreachable],
    ['hangs', stuck],
  ])('that %s: a key with limits is refused, and told when to come back', async (_how, KEY_LEDGER) => {
    provider = playProvider(() => completion());
    const { secret } = await makeKey({ rpm: 5 });
    const response = await routerWith({ KEY_LEDGER }).fetch(...asked(secret));
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ error: { code: 'ledger_unavailable' } });
    expect(provider.seen).toHaveLength(0);
  });

  it('I8 that says yes, and whose answer is lost: what it had set aside is given back', async () => {
    provider = playProvider(() => completion());
    const { key, secret } = await makeKey({ maxConcurrent: 1, budgetDayUsd: 1 });
    const stub = env.KEY_LEDGER.getByName(key.id);
    const begin = async (...args: Parameters<KeyLedger['begin']>) => {
      await stub.begin(...args);
      throw new Error('the answer is lost');
    };
    const settle = async (...args: Parameters<KeyLedger['settle']>) => stub.settle(...args);
    const router = routerWith({ KEY_LEDGER: { getByName: () => ({ begin, settle }) } });
    const response = await router.fetch(...asked(secret));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    await router.settled();
    expect(await stub.sums()).toMatchObject({ heldNanoUsd: 0, openLeases: 0 });
    expect(await ledgerRow(key.id, response)).toMatchObject({ end: 'rejected', errorCode: 'ledger_unavailable' });
  });

  it('I2 a key without limits is served, and settled through the queue', { timeout: 15_000 }, async () => {
    provider = playProvider(() => completion());
    const { key, secret } = await makeKey();
    const router = routerWith({ KEY_LEDGER: unreachable });
    const response = await router.fetch(...asked(secret));
    expect(response.status).toBe(200);
    await router.settled();
    const found = async () =>
      expect(await ledgerRow(key.id, response)).toMatchObject({ source: 'reported', usage: { inputTokens: 10 } });
    await vi.waitFor(found, { timeout: 8_000 });
  });
});

describe('storage that fails', () => {
  const failing = new Proxy({}, { get: () => () => Promise.reject(new Error('storage fails')) });
  const broken = {
    prepare: () => ({ bind: () => failing, all: () => failing }),
    batch: () => Promise.reject(new Error('D1 fails')),
  };

  it('KV alone is no reason to refuse anybody', async () => {
    provider = playProvider(() => completion());
    const { secret } = await makeKey({ rpm: 5 });
    expect((await routerWith({ KEY_CACHE: failing }).fetch(...asked(secret))).status).toBe(200);
  });

  it('I10 while D1 and KV fail for ten minutes, keys that were seen are served and settled', {
    timeout: 15_000,
  }, async () => {
    provider = playProvider(() => completion());
    clock.start();
    const { key, secret } = await makeKey({ rpm: 100 });
    expect((await routerWith({}).fetch(...asked(secret))).status).toBe(200);
    const router = routerWith({ DB: broken, KEY_CACHE: failing });
    for (let minute = 0; minute < 10; minute += 1) {
      expect((await router.fetch(...asked(secret))).status).toBe(200);
      clock.pass(60 * SECOND);
    }
    await router.settled();
    expect(await env.KEY_LEDGER.getByName(key.id).sums()).toMatchObject({ outbox: 11, openLeases: 0 });
  });
});

describe('a revocation', () => {
  const status = async (secret: string) => {
    const response = await get('/v1/chat/completions', asked(secret, { model: 'test/echo' })[1]);
    await response.text();
    return response.status;
  };

  it.each([
    ['a key', (key: ApiKey) => internal(`/internal/keys/${key.id}`, { method: 'DELETE' })],
    [
      'its owner',
      (key: ApiKey) => internal(`/internal/users/${key.owner}`, { method: 'PATCH', body: '{"status":"disabled"}' }),
    ],
  ])(
    'I9 of %s through /internal holds from the next request on, in a Worker too that has not heard of it',
    async (_what, revoke) => {
      vi.spyOn(console, 'log').mockImplementation(() => undefined);
      const { key, secret } = await makeKey();
      expect(await status(secret)).toBe(200);
      const before = { ...key };
      expect((await revoke(key)).status).toBe(200);
      expect(await status(secret)).toBe(401);
      expect((await get('/v1/models', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401);
      // The object knows the newest row that anybody has shown it: an old one changes nothing.
      const request = {
        requestId: 'req_x',
        keyHash: key.hash,
        holdNanoUsd: 0,
        inputEstimate: 0,
        inputCostNanoUsd: 0,
        priced: true,
      };
      const facts = {
        provider: 'test',
        model: 'echo',
        endpoint: 'chat',
        requestedModel: null,
        session: null,
        tags: null,
        stream: false,
        startedAt: 0,
        colo: null,
        priceRevision: null,
      };
      const answer = await env.KEY_LEDGER.getByName(key.id).begin(before, { ...request, ...facts });
      expect(answer).toMatchObject({ kind: 'refused', reason: 'disabled' });
    },
  );

  it.each([
    ['a busy', 10],
    ['a quiet', 60],
  ])('I9 by plain SQL holds within sixty seconds on %s key', async (_what, pace) => {
    clock.start();
    const { key, secret } = await makeKey();
    for (let second = 0; second < 30; second += pace) {
      if (second > 0) clock.pass(pace * SECOND);
      expect(await status(secret)).toBe(200);
    }
    await env.DB.prepare("UPDATE api_keys SET status = 'disabled' WHERE id = ?").bind(key.id).run();
    for (let second = 0; second < 60; second += pace) {
      clock.pass(pace * SECOND);
      if (second + pace < 60) await status(secret);
    }
    for (let count = 0; count < 3; count += 1) expect(await status(secret)).toBe(401);
  });

  it('I9 ends an answer that comes in one piece too, and what the provider may have done is billed', async () => {
    const { key, secret } = await makeKey();
    provider = playProvider(hanging);
    const router = routerWith({ LEASE_TTL_MS: '600' });
    const answer = router.fetch(...asked(secret));
    await vi.waitFor(() => expect(provider?.seen).toHaveLength(1), { timeout: 10_000 });
    await internal(`/internal/keys/${key.id}`, { method: 'DELETE' });
    expect((await answer).status).toBe(401);
    const row = await ledgerRow(key.id, await answer);
    expect(row).toMatchObject({ end: 'rejected', source: 'estimated', errorCode: 'invalid_api_key' });
    expect(row?.costNanoUsd).toBeGreaterThan(0);
  });

  it('I9 ends a running stream with an error frame at its next checkpoint, and the stream is billed', {
    timeout: 15_000,
  }, async () => {
    const { key, secret } = await makeKey();
    const router = routerWith({ LEASE_TTL_MS: '600' });
    const content = 'word '.repeat(40);
    const response = await router.fetch(
      ...asked(secret, { model: 'test/slow', stream: true, messages: [{ role: 'user', content }] }),
    );
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? '';
    await internal(`/internal/keys/${key.id}`, { method: 'DELETE' });
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) text += piece.value;
    expect(text).not.toContain('[DONE]');
    expect(text.trimEnd().split('\n\n').at(-1)).toContain('"code":"invalid_api_key"');
    await router.settled();
    const row = await ledgerRow(key.id, response);
    expect(row).toMatchObject({ end: 'rejected', source: 'estimated', errorCode: 'invalid_api_key' });
    expect(row?.costNanoUsd).toBeGreaterThan(0);
    expect(row?.usage.outputTokens).toBeLessThan(40);
  });
});

describe('a client that leaves', () => {
  const chunks = [...Array.from({ length: 20 }, () => delta('word ')), delta('', 'stop', { usage })];

  async function leaveAfter(router: ImpatientRouter, secret: string, reads: number): Promise<Response> {
    const response = await router.fetch(...asked(secret, { stream: true }));
    const reader = response.body?.getReader();
    for (let read = 0; read < reads; read += 1) await reader?.read();
    await reader?.cancel();
    return response;
  }

  it('I6 at any chunk leaves a row with the numbers of the provider', { timeout: 20_000 }, async () => {
    const { key, secret } = await makeKey();
    provider = playProvider(() => streamOf(sse(chunks), { pace: 20 }));
    const router = routerWith({});
    const responses = await Promise.all(Array.from({ length: 9 }, (_, reads) => leaveAfter(router, secret, reads)));
    await router.settled();
    for (const response of responses) {
      expect(await ledgerRow(key.id, response)).toMatchObject({
        source: 'reported',
        usage: { inputTokens: 10, outputTokens: 5 },
      });
    }
    expect(await env.KEY_LEDGER.getByName(key.id).sums()).toMatchObject({ openLeases: 0, outbox: 9 });
  });

  it('I8 before the ledger has said yes leaves neither a lease nor a hold', async () => {
    const { key, secret } = await makeKey({ maxConcurrent: 1, budgetDayUsd: 1 });
    const stub = env.KEY_LEDGER.getByName(key.id);
    const client = new AbortController();
    const begin = async (...args: Parameters<KeyLedger['begin']>) => {
      const admission = await stub.begin(...args);
      client.abort();
      await pause(100);
      return admission;
    };
    const settle = async (...args: Parameters<KeyLedger['settle']>) => stub.settle(...args);
    provider = playProvider(hanging);
    const router = routerWith({ KEY_LEDGER: { getByName: () => ({ begin, settle }) }, DRAIN_MS: '50' });
    const answer = router.fetch(...asked(secret, {}, client.signal));
    // The runtime ends with the client what nobody keeps alive.
    await vi.waitFor(() => expect(client.signal.aborted).toBe(true), { timeout: 10_000 });
    await router.settled();
    expect(await stub.sums()).toMatchObject({ heldNanoUsd: 0, openLeases: 0 });
    expect(await ledgerRow(key.id, null)).toMatchObject({ end: 'client_gone', source: 'estimated' });
    await answer;
  });
});

describe('what is never written down', () => {
  it('I11 whole keys, provider keys and prompts, in rows, messages, log lines and errors', {
    timeout: 20_000,
  }, async () => {
    const lines: string[] = [];
    for (const level of ['log', 'error', 'warn', 'info'] as const) {
      vi.spyOn(console, level).mockImplementation(
        (...words: unknown[]) => void lines.push(words.map(String).join(' ')),
      );
    }
    const { key, secret } = await makeKey({ budgetDayUsd: 1 });
    const open = await makeKey();
    const prompt = 'the-secret-of-the-prompt';
    const body = { messages: [{ role: 'user', content: prompt }], user: prompt };
    const answers = [
      () => completion(),
      () => streamOf(sse(chunksWith(prompt))),
      () => streamOf(sse([delta(prompt)], false), { breakOff: true }),
      () => Response.json({ error: { message: 'bad key vendor-key-deepseek', code: 'x' } }, { status: 401 }),
      () => Response.json({ error: { message: 'not for vendor-key-deepseek', code: 'x' } }, { status: 400 }),
      () => new Response(`<html>${prompt} vendor-key-deepseek</html>`, { status: 500 }),
    ];
    const tables = () =>
      runInDurableObject(env.KEY_LEDGER.getByName(key.id), (_instance, { storage }) =>
        ['requests', 'policy', 'conflicts', 'marks', 'spend'].flatMap((table) => [
          ...storage.sql.exec(`SELECT * FROM ${table}`),
        ]),
      );
    const running: unknown[] = [];
    provider = playProvider(async () => {
      const answer = answers[provider?.seen.length ? (provider.seen.length - 1) % answers.length : 0];
      if (running.length === 0) running.push(...(await tables()));
      return answer?.() ?? completion();
    });
    const sent: unknown[] = [];
    const LOG_QUEUE = { send: async (message: unknown) => void sent.push(message) };
    const dead = () => Promise.reject(new Error(`no way: ${prompt}`));
    const KEY_LEDGER = { getByName: () => ({ begin: dead, settle: dead, checkpoint: dead }) };
    const routers = [
      { router: routerWith({ DEBUG: 'true' }), own: secret },
      { router: routerWith({ DEBUG: 'true', LOG_QUEUE, KEY_LEDGER }), own: open.secret },
      { router: routerWith({ LOG_QUEUE: { send: dead }, KEY_LEDGER }), own: open.secret },
    ];
    const errors: string[] = [];
    for (const { router, own } of routers) {
      const plain = [false, true, true, false, true, false].map((stream) => asked(own, { ...body, stream }));
      const refused = [asked(own, { ...body, model: 'no/such' }), asked(mistyped(own), body)];
      const asking = [...plain, ...refused].map(async (request) => {
        const response = await router.fetch(...request);
        const text = await response.text().catch(() => '');
        if (response.status !== 200) errors.push(text);
      });
      await Promise.all(asking);
      await router.settled();
    }
    const failing = routerWith({ KEY_LEDGER: { getByName: () => ({ sums: dead }) } });
    const fault = await failing.fetch('http://router.test/internal/ledger/check', {
      headers: { authorization: `Bearer ${INTERNAL_SECRET}` },
    });
    expect(fault.status).toBe(500);
    errors.push(await fault.text());
    const rows = await tables();
    expect(JSON.stringify(running)).toContain('keyHash');
    await internal('/worker/settle', { method: 'POST' });
    const { results } = await env.DB.prepare('SELECT * FROM request_logs WHERE key_id IN (?, ?)')
      .bind(key.id, open.key.id)
      .all();
    expect(rows.length).toBeGreaterThan(5);
    expect(results.length).toBeGreaterThan(5);
    expect(sent.length).toBeGreaterThan(5);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.join('\n')).toContain('job_failed');
    for (const [place, text] of Object.entries({ running, rows, sent, results, lines, errors })) {
      const all = JSON.stringify(text);
      for (const hidden of [prompt, secret, open.secret, 'vendor-key-deepseek']) {
        expect(all.includes(hidden), `${hidden.slice(0, 12)}… in ${place}`).toBe(false);
      }
    }
  });

  function chunksWith(text: string): unknown[] {
    return [delta(text), delta('', 'stop', { usage })];
  }
});

describe('the bill', () => {
  async function billOf(reply: () => Response, stream: boolean) {
    const { key, secret } = await makeKey();
    provider = playProvider(reply);
    const router = routerWith({});
    const response = await router.fetch(...asked(secret, { stream }));
    await response.text();
    await router.settled();
    return ledgerRow(key.id, response);
  }
  const zero = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

  it.each([false, true])(
    'I12 reported zeros cost zero, and no numbers at all are an estimate that says so (stream: %s)',
    async (stream) => {
      const reply = (more: object) => () =>
        stream ? streamOf(sse([delta('four words are here'), delta('', 'stop', more)])) : completion(more);
      expect(await billOf(reply({ usage: zero }), stream)).toMatchObject({ source: 'reported', costNanoUsd: 0 });
      const estimated = await billOf(reply({}), stream);
      expect(estimated).toMatchObject({ source: 'estimated' });
      expect(estimated?.costNanoUsd).toBeGreaterThan(0);
      expect(estimated?.usage.inputTokens).toBeGreaterThan(0);
      expect(estimated?.usage.outputTokens).toBeGreaterThan(0);
    },
  );

  it.each([false, true])('I5 an answer that ends well has been settled before its end (stream: %s)', async (stream) => {
    const { key, secret } = await makeKey();
    const chunks = [delta('ok'), delta('', 'stop', { usage })];
    provider = playProvider(() => (stream ? streamOf(sse(chunks)) : completion()));
    const stub = env.KEY_LEDGER.getByName(key.id);
    let isSettled = false;
    const settle = async (...args: Parameters<KeyLedger['settle']>) => {
      await pause(200);
      const answer = await stub.settle(...args);
      isSettled = true;
      return answer;
    };
    const begin = async (...args: Parameters<KeyLedger['begin']>) => stub.begin(...args);
    const router = routerWith({ KEY_LEDGER: { getByName: () => ({ begin, settle }) } });
    const text = await (await router.fetch(...asked(secret, { stream }))).text();
    expect(text).toContain(stream ? '[DONE]' : '"ok"');
    expect(isSettled).toBe(true);
  });

  it('I12 the text of an error is no output', async () => {
    const error = { error: { message: 'overloaded '.repeat(500), code: 'overloaded' } };
    const broken = await billOf(() => streamOf(sse([delta('abcd'), error], false)), true);
    expect(broken).toMatchObject({ end: 'upstream_failed', source: 'estimated', usage: { outputTokens: 1 } });
    const refused = await billOf(() => streamOf(sse([error], false)), true);
    expect(refused).toMatchObject({ end: 'upstream_failed', source: 'none', costNanoUsd: 0 });
    const failed = await billOf(() => Response.json(error, { status: 400 }), false);
    expect(failed).toMatchObject({ end: 'upstream_failed', source: 'none', costNanoUsd: 0, usage: { inputTokens: 0 } });
  });
});
