import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import type { KeySettings } from '../../src/store/keys.ts';
import { askDoor } from '../support/ask-door.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { readEvents } from '../support/printed-answer.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';

/* Limits, waiting and rows at Messages and Responses: the line is the same as at the chat door, the words are theirs. */

const hi = { role: 'user', content: 'Hi there, provider' };
const MODEL = 'deepseek/deepseek-flash';
const BODIES: Record<string, JsonObject> = {
  messages: { model: MODEL, max_tokens: 100, messages: [hi] },
  responses: { model: MODEL, input: [hi] },
};

const LIMITS: [string, KeySettings, number, string, string, boolean][] = [
  ['a used-up budget', { budgetTotalUsd: 0 }, 402, 'billing_error', 'budget_exceeded', false],
  ['a model that is not allowed', { models: 'zai/*' }, 403, 'permission_error', 'model_not_allowed', false],
  ['a request larger than the minute', { tpm: 1 }, 429, 'rate_limit_error', 'rate_limit_exceeded', false],
  ['one request a minute', { rpm: 1 }, 429, 'rate_limit_error', 'rate_limit_exceeded', true],
];

describe.each(['messages', 'responses'] as const)('/v1/%s', (endpoint) => {
  const path = `/v1/${endpoint}`;

  it.each(LIMITS)('%s is told in its own form, streamed or not, and is a row', async (...limit) => {
    const [, settings, status, type, code, mayRetry] = limit;
    const { key, secret } = await makeKey(settings);
    if (settings.rpm !== undefined) await askDoor(path, secret, BODIES[endpoint] ?? {});
    for (const stream of [true, false]) {
      const got = await askDoor(path, secret, { ...BODIES[endpoint], stream });
      expect([got.status, got.sent]).toEqual([status, {}]);
      const error = endpoint === 'messages' ? { type } : { code };
      expect(got.json).toMatchObject({ error: { ...error, message: expect.any(String) } });
      expect(got.json['type']).toBe(endpoint === 'messages' ? 'error' : undefined);
      expect(got.headers.get('x-should-retry')).toBe(mayRetry ? null : 'false');
      if (mayRetry) expect(Number(got.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await ledgerRow(key.id, null)).toMatchObject({ endpoint, status, errorCode: code, costNanoUsd: 0 });
  });

  it.each([true, false])(
    'an answer is a row of its door, as the provider has billed it (stream: %s)',
    async (stream) => {
      const { key, secret } = await makeKey();
      const { headers } = await askDoor(path, secret, { ...BODIES[endpoint], stream });
      expect(await ledgerRow(key.id, new Response(null, { headers }))).toMatchObject({
        ...{ endpoint, status: 200, source: 'reported' },
        usage: { inputTokens: 100, cachedTokens: 64, outputTokens: 20, reasoningTokens: 7 },
      });
    },
  );

  it('a provider whose account is empty is no budget of the client', async () => {
    const { secret } = await makeKey();
    const refused = () => Response.json({ error: { message: 'Insufficient Balance' } }, { status: 402 });
    const got = await askDoor(path, secret, BODIES[endpoint] ?? {}, refused);
    expect(got.status).toBe(503);
    expect(got.json).toMatchObject({ error: { type: 'api_error' } });
    expect(got.headers.get('x-should-retry')).toBe('false');
  });

  it('while the provider is silent there are events, before its first word and after', async () => {
    const { secret } = await makeKey();
    const chunk = (delta: JsonObject, finish: string | null = null) => ({
      ...{ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm' },
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const said = [chunk({ content: 'Hel' }), chunk({ content: 'lo' }), { ...chunk({}, 'stop'), usage }];
    const { restore } = playProvider(() => streamOf(sse(said), { pace: 250 }));
    const response = await routerWith({ COMMIT_AFTER_MS: '50', KEEP_ALIVE_MS: '60' }).fetch(
      `http://router.test${path}`,
      {
        method: 'POST',
        body: JSON.stringify({ ...BODIES[endpoint], stream: true }),
        headers: { authorization: `Bearer ${secret}` },
      },
    );
    const events = readEvents(await response.text());
    restore();
    const sign = endpoint === 'messages' ? 'ping' : 'keepalive';
    const signs = events.map(({ event }, position) => (event === sign ? position : -1)).filter((at) => at >= 0);
    const first = events.findIndex(({ event }) => event?.endsWith('delta') === true);
    expect(signs[0]).toBeLessThan(first);
    expect(signs.at(-1)).toBeGreaterThan(first);
    for (const at of signs) expect(events[at]?.data).toMatchObject({ type: sign });
    // Numbers stay dense over them.
    if (endpoint === 'responses') {
      const numbers = events.filter(({ event }) => event !== undefined).map(({ data }) => data['sequence_number']);
      expect(numbers).toEqual(numbers.map((_number, position) => position));
    }
    const last = events.filter(({ event }) => event !== undefined).at(-1);
    expect(last?.event).toBe(endpoint === 'messages' ? 'message_stop' : 'response.completed');
  });

  it('what fails after the status has gone out fails in the stream', async () => {
    const { secret } = await makeKey();
    const failure = { error: { message: 'too busy', type: 'overloaded_error' } };
    const { restore } = playProvider(() => streamOf(sse([failure], false), { pace: 300 }));
    const response = await routerWith({ COMMIT_AFTER_MS: '50' }).fetch(`http://router.test${path}`, {
      method: 'POST',
      body: JSON.stringify({ ...BODIES[endpoint], stream: true }),
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(response.status).toBe(200);
    const events = readEvents(await response.text()).filter(({ event }) => event !== undefined);
    restore();
    const { data = {}, event } = events.at(-1) ?? {};
    if (endpoint === 'messages') {
      expect([event, data]).toMatchObject(['error', { type: 'error', error: { type: 'overloaded_error' } }]);
    } else {
      const failed = isObject(data['response']) ? data['response'] : {};
      expect([event, failed]).toMatchObject(['response.failed', { error: { code: 'server_is_overloaded' } }]);
    }
  });
});
