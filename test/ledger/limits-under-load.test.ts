import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KeySettings } from '../../src/store/keys.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { playProvider } from '../support/provider.ts';
import { asked, completion, pause } from './asking.ts';

let provider: ReturnType<typeof playProvider> | null = null;
afterEach(() => {
  vi.restoreAllMocks();
});

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
