import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LedgerRow } from '../../src/ledger/calls.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRows } from '../support/ledger-row.ts';
import { GRANULARITIES, type SeenRequest, sse, streamOf } from '../support/provider.ts';
import { ask, type DoorName, FIRST, type Host, playRoute, type Reply, SECOND, says, THIRD } from '../support/routes.ts';

/* What must hold of money, whatever providers do, and whenever. */

afterEach(() => {
  vi.restoreAllMocks();
});

/** What one try may come to. */
const FATES = ['serves', 'fails', 'is not there', 'breaks off early', 'breaks off late', 'blames the request'] as const;
type Fate = (typeof FATES)[number];

const anyFate = fc.constantFrom(...FATES);
const MODELS: Readonly<Record<Host, string>> = { zai: FIRST, moonshot: SECOND, deepseek: THIRD };

/** In the middle of an answer: before any choice, or behind the first. A whole body is cut. */
function breaksOff({ json }: SeenRequest, late: boolean): Response {
  if (json['stream'] !== true) return new Response('{"id": "a", "choi');
  const opening = { id: 'a', choices: [], usage: null };
  const choice = { id: 'a', choices: [{ index: 0, delta: { role: 'assistant', content: 'He' }, finish_reason: null }] };
  return streamOf(sse(late ? [opening, choice] : [opening], false), { breakOff: true });
}

function replyFor(fate: Fate): Reply {
  return (request) => {
    switch (fate) {
      case 'serves':
        return says('hello')(request);
      case 'fails':
        return Response.json({ error: { message: 'no' } }, { status: 503, headers: { 'retry-after': '60' } });
      case 'is not there':
        throw new TypeError('connection refused');
      case 'breaks off early':
        return breaksOff(request, false);
      case 'breaks off late':
        return breaksOff(request, true);
      case 'blames the request':
        return Response.json({ error: { message: 'bad temperature' } }, { status: 400 });
    }
  };
}

/** Whether a fate ends the tries. A whole answer that is cut has told nobody anything. */
function isFinal(fate: Fate, stream: boolean): boolean {
  return fate === 'serves' || fate === 'blames the request' || (fate === 'breaks off late' && stream);
}

const brokeOff = (fate: Fate) => fate === 'breaks off early' || fate === 'breaks off late';

/** Nano-USD a token; DeepSeek's are twice as much in its peak hours. */
const INPUT: Readonly<Record<Host, readonly number[]>> = { zai: [150], moonshot: [950], deepseek: [150, 300] };
const OUTPUT: Readonly<Record<Host, readonly number[]>> = { zai: [500], moonshot: [4_000], deepseek: [600, 1_200] };

function expectBill(row: LedgerRow, tried: readonly Host[], fates: Readonly<Record<Host, Fate>>): void {
  const last = tried.at(-1) ?? 'zai';
  const earlier = tried.slice(0, -1);
  // One attempt a target; the last may have been tried again.
  expect(row.attempts.slice(0, tried.length).map(({ provider }) => provider)).toEqual(tried);
  expect(row.provider).toBe(last);
  let broken = 0;
  for (const [position, host] of earlier.entries()) {
    const cost = row.attempts[position]?.cost_nano_usd;
    expect(cost !== undefined).toBe(brokeOff(fates[host]));
    if (cost === undefined) continue;
    broken += cost;
    expect(INPUT[host].some((price) => cost > 0 && cost % price === 0)).toBe(true);
  }
  expect(row.attempts.slice(earlier.length).every((attempt) => attempt.cost_nano_usd === undefined)).toBe(true);
  const { inputTokens, outputTokens } = row.usage;
  const own = row.costNanoUsd - broken;
  const possible = INPUT[last].map((price, at) => inputTokens * price + outputTokens * (OUTPUT[last][at] ?? 0));
  expect(possible).toContain(own);
  if (!brokeOff(fates[last]) && fates[last] !== 'serves') expect(own).toBe(0);
  if (fates[last] === 'serves') expect([inputTokens, outputTokens]).toEqual([100, 20]);
}

describe('whatever each target does', () => {
  it('I14 there is one row, and it costs what answered and what broke off, and nothing else', {
    timeout: 120_000,
  }, async () => {
    const key = await makeKey();
    let requests = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({ zai: anyFate, moonshot: anyFate, deepseek: anyFate }),
        fc.shuffledSubarray<Host>(['zai', 'moonshot', 'deepseek'], { minLength: 1 }),
        fc.constantFrom<DoorName>('chat', 'messages', 'responses'),
        fc.boolean(),
        async (fates, hosts, door, stream) => {
          const end = hosts.findIndex((host) => isFinal(fates[host], stream));
          const tried = end < 0 ? hosts : hosts.slice(0, end + 1);
          const { restore } = await playRoute({
            zai: replyFor(fates.zai),
            moonshot: replyFor(fates.moonshot),
            deepseek: replyFor(fates.deepseek),
          });
          // No time is lost on trying the last one again.
          const variables = { COMMIT_AFTER_MS: '20' };
          const models = hosts.map((host) => MODELS[host]);
          const { row, said, state, status } = await ask({ key, door, models, stream, variables });
          restore();
          requests += 1;
          const serves = fates[tried.at(-1) ?? 'zai'] === 'serves';
          if (serves) expect([status, said]).toEqual([200, 'hello']);
          else expect(row.errorCode).not.toBeNull();
          expect(row.end).toBe(serves ? 'completed' : 'upstream_failed');
          expectBill(row, tried, fates);
          expect(state).toMatchObject({ held: 0, openLeases: 0 });
          expect(await ledgerRows(key.key.id)).toHaveLength(requests);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('I7 a budget holds, what broke off apart, with a hundred at once', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.constantFrom<Fate>(...FATES)), async (fates) => {
        const limit = 0.003;
        const { key, secret } = await makeKey({ budgetDayUsd: limit });
        const anything: Reply = (request) => replyFor(fates.next().value ?? 'serves')(request);
        const { restore } = await playRoute({ zai: anything, moonshot: anything });
        const router = routerWith({ COMMIT_AFTER_MS: '20' });
        const send = async (stream: boolean) => {
          const response = await router.fetch('http://router.test/v1/chat/completions', {
            method: 'POST',
            headers: { authorization: `Bearer ${secret}` },
            // What it may use, and no more: the provider's 100 tokens of input are these, as far as we can tell.
            body: JSON.stringify({
              ...{ models: [FIRST, SECOND], stream, max_tokens: 20 },
              messages: [{ role: 'user', content: 'x'.repeat(400) }],
            }),
          });
          await response.text();
        };
        await Promise.all(Array.from({ length: 100 }, (_, index) => send(index % 2 === 0)));
        await router.settled();
        restore();
        const rows = await ledgerRows(key.id);
        const broken = rows.flatMap(({ attempts }) => attempts.map((attempt) => attempt.cost_nano_usd ?? 0));
        const spent = rows.reduce((sum, row) => sum + row.costNanoUsd, 0);
        expect(spent - broken.reduce((sum, cost) => sum + cost, 0)).toBeLessThanOrEqual(limit * 1e9);
        expect(spent).toBeGreaterThan(0);
        const state = await env.KEY_LEDGER.getByName(key.id).state(key);
        expect(state).toMatchObject({ held: 0, openLeases: 0 });
      }),
      { numRuns: 3 },
    );
  });
});

describe.each(GRANULARITIES)('a stream that comes one %s at a time, at any of its points', (granularity) => {
  it('I14 breaks off for the next target, or for good once a choice has gone out', { timeout: 60_000 }, async () => {
    const key = await makeKey();
    const whole = sse([
      { id: 'a', choices: [], usage: null },
      { id: 'a', choices: [{ index: 0, delta: { role: 'assistant', content: 'He' }, finish_reason: null }] },
    ]);
    const firstChoice = whole.indexOf('\n\n', whole.indexOf('"content"')) + 2;
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: firstChoice }), fc.boolean(), async (cut, breakOff) => {
        const { asked, restore } = await playRoute({
          zai: () => streamOf(whole.slice(0, cut), { granularity, breakOff }),
          moonshot: says('hello', granularity),
        });
        const { row, said } = await ask({ key, stream: true });
        restore();
        // A last event without its blank line counts where the connection was closed in peace.
        const hasChoice = cut >= firstChoice || (!breakOff && cut >= firstChoice - 2);
        expect(asked).toEqual(hasChoice ? ['zai'] : ['zai', 'moonshot']);
        if (!hasChoice) expect(said).toBe('hello');
        const broken = row.attempts[0]?.cost_nano_usd ?? 0;
        if (hasChoice) expect(row).toMatchObject({ provider: 'zai', source: 'estimated' });
        else expect(row.costNanoUsd).toBe(broken + 100 * 950 + 20 * 4_000);
      }),
      { numRuns: 25 },
    );
  });
});
