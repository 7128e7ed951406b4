import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Settlement } from '../../src/ledger/calls.ts';
import { consumeLogs } from '../../src/ledger/delivery/consumer.ts';
import type { LogMessage } from '../../src/ledger/delivery/message.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import {
  batchOf,
  clock,
  DAY,
  drain,
  HOUR,
  type Ledger,
  lease,
  MINUTE,
  openLedger,
  SECOND,
  settlement,
  sumsOf,
  tokens,
} from '../support/ledger.ts';

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

const TTL = 180_000;
const LIMITS = { budgetDayUsd: 0.000_001, maxConcurrent: 3, rpm: 6 }; // 1,000 nano-USD a day

/** What a request has come to, in the model. */
interface Known {
  id: string;
  hold: number;
  expiresAt: number | null;
  /** What its row or rows say; null while it runs. */
  booked: number | null;
  /** Booked by guess: one correction is still due. */
  isGuess: boolean;
  /** What is billed if nothing more is heard. */
  guess: number;
  rows: number;
}

/** A request that nobody has heard of. */
function newcomer(): Known {
  return { id: requestId(clock.now()), hold: 0, expiresAt: null, booked: null, isGuess: false, guess: 0, rows: 0 };
}

/** The ledger in twenty lines: what is spent, held and running, and nothing of how. */
function createModel() {
  const known: Known[] = [];
  const refused: Settlement[] = [];
  const starts: number[] = [];
  const spent = new Map<string, number>();
  const day = () => new Date(clock.now()).toISOString().slice(0, 10);
  const running = () => known.filter(({ expiresAt }) => expiresAt !== null);
  const held = () => running().reduce((sum, { hold }) => sum + hold, 0);
  const book = (one: Known, cost: number) => {
    spent.set(day(), (spent.get(day()) ?? 0) + cost);
    Object.assign(one, { booked: (one.booked ?? 0) + cost, expiresAt: null, rows: one.rows + 1 });
  };
  return {
    known,
    refused,
    running,
    held,
    spentToday: () => spent.get(day()) ?? 0,
    total: () => [...spent.values()].reduce((sum, cost) => sum + cost, 0),
    start(one: Known): void {
      starts.push(clock.now());
      known.push({ ...one, expiresAt: clock.now() + TTL });
    },
    refusal(hold: number): string | null {
      const today = spent.get(day()) ?? 0;
      if (today >= 1_000 || today + held() + hold > 1_000) return 'budget';
      if (running().length >= LIMITS.maxConcurrent) return 'concurrency';
      return starts.filter((at) => at > clock.now() - MINUTE).length >= LIMITS.rpm ? 'rpm' : null;
    },
    settle(one: Known, cost: number): string {
      if (one.booked !== null && !one.isGuess) return cost === one.booked ? 'duplicate' : 'conflict';
      const answer = one.isGuess ? 'adjusted' : 'settled';
      book(one, cost - (one.booked ?? 0));
      one.isGuess = false;
      return answer;
    },
    expire(): void {
      for (const one of running()) {
        if ((one.expiresAt ?? 0) > clock.now()) continue;
        one.isGuess = true;
        book(one, one.guess);
      }
    },
  };
}

type Model = ReturnType<typeof createModel>;
type Step = {
  kind:
    | 'begin'
    | 'begin again'
    | 'settle'
    | 'settle unheard'
    | 'checkpoint'
    | 'refuse'
    | 'refuse again'
    | 'pass'
    | 'evict'
    | 'ring'
    | 'state'
    | 'deliver';
  pick: number;
  amount: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('begin' as const) },
    { weight: 5, arbitrary: fc.constant('settle' as const) },
    ...(['begin again', 'settle unheard', 'checkpoint', 'refuse', 'refuse again', 'evict', 'state'] as const).map(
      (kind) => ({
        weight: 2,
        arbitrary: fc.constant(kind),
      }),
    ),
    { weight: 5, arbitrary: fc.constant('pass' as const) },
    { weight: 4, arbitrary: fc.constant('ring' as const) },
    { weight: 4, arbitrary: fc.constant('deliver' as const) },
  ),
  pick: fc.nat(1_000),
  amount: fc.nat(400),
});

const PASSES = [1, 20 * SECOND, MINUTE - 1, MINUTE, 2 * MINUTE, TTL - 1, TTL, 4 * MINUTE, 5 * HOUR];

/** Some of what waits, in any order, some of it twice; and the acknowledgement may be lost, or the rest of the queue. */
async function deliver(queue: LogMessage[], pick: number, amount: number): Promise<void> {
  const some = queue.filter((_, position) => (position + pick) % 3 !== 0).toReversed();
  const acknowledge = () => Promise.reject(new Error('lost'));
  const deaf = { ...env, KEY_LEDGER: { getByName: () => ({ acknowledge }) } as never };
  await consumeLogs(batchOf([...some, ...some.slice(0, 2)]).batch, amount % 2 === 0 ? env : deaf);
  if (amount % 3 === 0) queue.splice(0);
}

/** Tells the ledger of refusals, all in one go: some bring what an isolate has counted. What it says of each. */
function tellAll({ key, stub }: Ledger, refusals: readonly Settlement[]): Promise<string[]> {
  return runInDurableObject(stub, async (object) => {
    const kinds: string[] = [];
    for (const each of refusals) kinds.push((await object.settle(key, each)).kind);
    return kinds;
  });
}

async function refuseSome(ledger: Ledger, { refused }: Model, pick: number, amount: number): Promise<void> {
  const fresh = Array.from({ length: 1 + (pick % 35) }, (_, position) =>
    settlement({ end: 'rejected', source: 'none', repeated: (pick + position) % 11 === 0 ? amount : 0 }),
  );
  for (const kind of await tellAll(ledger, fresh)) expect(['settled', 'folded']).toContain(kind);
  refused.push(...fresh);
}

/** Does one step with the ledger and with the model; what the ledger says is what the model says. */
async function take({ kind, pick, amount }: Step, ledger: Ledger, model: Model): Promise<void> {
  const { key, stub, queue } = ledger;
  // Mostly one whose settlement is still to come: late ones are where sums go wrong.
  const due = model.known.filter(({ booked, isGuess }) => booked === null || isGuess);
  const some = kind === 'settle' && due.length > 0 && pick % 4 > 0 ? due : model.known;
  const one = some[pick % some.length] ?? null;
  switch (kind) {
    case 'begin': {
      const fresh = { ...newcomer(), hold: amount, guess: pick % 400 };
      model.expire();
      const no = model.refusal(amount);
      const answer = await stub.begin(
        key,
        lease(key, { requestId: fresh.id, holdNanoUsd: amount, inputCostNanoUsd: fresh.guess }),
      );
      expect(answer.kind === 'refused' ? answer.reason : null).toBe(no);
      if (no === null) model.start(fresh);
      return;
    }
    case 'begin again': {
      if (!one) return;
      model.expire();
      expect(await stub.begin(key, lease(key, { requestId: one.id, holdNanoUsd: 5_000 }))).toMatchObject({
        kind: 'admitted',
      });
      return;
    }
    case 'settle': {
      if (!one) return;
      const answer = await stub.settle(
        key,
        settlement({ requestId: one.id, costNanoUsd: amount, usage: tokens(amount) }),
      );
      expect(answer.kind).toBe(model.settle(one, amount));
      return;
    }
    case 'settle unheard': {
      // The begin of this request never came.
      const unheard = newcomer();
      const answer = await stub.settle(
        key,
        settlement({ requestId: unheard.id, costNanoUsd: amount, usage: tokens(amount) }),
      );
      expect(answer.kind).toBe(model.settle(unheard, amount));
      model.known.push(unheard);
      return;
    }
    case 'checkpoint': {
      if (!one) return;
      await stub.checkpoint({ requestId: one.id, usage: tokens(amount), costNanoUsd: amount });
      if (one.expiresAt !== null) Object.assign(one, { expiresAt: clock.now() + TTL, guess: amount });
      return;
    }
    case 'refuse':
      return refuseSome(ledger, model, pick, amount);
    case 'refuse again': {
      const again = model.refused.filter((_, position) => position % 3 === pick % 3).slice(-40);
      expect(await tellAll(ledger, again)).toEqual(again.map(() => 'duplicate'));
      return;
    }
    case 'pass':
      return clock.pass(PASSES[pick % PASSES.length] ?? 0);
    case 'evict':
      return ledger.evict();
    case 'ring':
      if (await ledger.ring()) model.expire();
      return;
    case 'state': {
      model.expire();
      const state = await stub.state(key);
      expect([state.spent.day, state.held, state.openLeases]).toEqual([
        model.spentToday(),
        model.held(),
        model.running().length,
      ]);
      return;
    }
    case 'deliver':
      return deliver(queue, pick, amount);
  }
}

/** What D1 holds of a key's refusals, minute by minute: how many, in how many rows, and how many of these count others. */
async function refusedMinutes({ key }: Ledger) {
  const { results } = await env.DB.prepare(
    `SELECT substr(started_at, 1, 16) AS minute, sum(1 + repeated) AS refused, count(*) AS rows, sum(repeated > 0) AS counting
     FROM request_logs WHERE key_id = ? AND "end" = 'rejected' GROUP BY minute`,
  )
    .bind(key.id)
    .all<{ minute: string; refused: number; rows: number; counting: number }>();
  return results;
}

describe('any interleaving of calls, evictions, alarms and deliveries', () => {
  it('I1 I2 I3 I7 I8 the ledger does what a model of twenty lines does, and D1 ends with the same sums', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 45, size: 'max' }), async (steps) => {
        const ledger = await openLedger(LIMITS);
        const model = createModel();
        for (const each of steps) await take(each, ledger, model);
        clock.pass(TTL);
        model.expire();
        await ledger.stub.state(ledger.key);
        await drain(ledger);
        const total = model.total();
        const minutes = await refusedMinutes(ledger);
        const refused = model.refused.reduce((sum, { repeated }) => sum + 1 + (repeated ?? 0), 0);
        expect(minutes.reduce((sum, minute) => sum + minute.refused, 0)).toBe(refused);
        for (const { counting, rows } of minutes) expect([rows <= 30, counting <= 1]).toEqual([true, true]);
        const known = model.known.reduce((sum, one) => sum + one.rows, 0);
        const rows = minutes.reduce((sum, minute) => sum + minute.rows, known);
        expect(await sumsOf(ledger)).toEqual({
          ledger: total,
          d1: total,
          daily: total,
          held: 0,
          openLeases: 0,
          rows,
          requests: model.known.length + refused,
        });
        clock.pass(DAY);
      }),
      { numRuns: 40, interruptAfterTimeLimit: 12_000 },
    );
  });
});
