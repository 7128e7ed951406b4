import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BudgetDoor, BudgetPlace } from '../../../src/ledger/shared/calls.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { getKey } from '../../../src/store/keys.ts';
import type { ApiKey } from '../../../src/store/schema.ts';
import { clock, HOUR, type Ledger, lease, MINUTE, openLedger, SECOND, settlement } from '../../support/ledger.ts';
import { internal } from '../../support/router.ts';
import { sharedBudget } from '../../support/team.ts';

/* The objects themselves: three keys of one user, over a way that loses messages and answers, and brings them twice. */

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

const LIMIT = 1_000;
type Mood = 'well' | 'lost' | 'unanswered' | 'twice';

interface Running {
  ledger: Ledger;
  id: string;
  hold: number;
}

/** Plugs a ledger's way to its shared budget through one that behaves as `mood` says. */
async function plug(ledger: Ledger, mood: () => Mood): Promise<void> {
  await runInDurableObject(ledger.stub, (instance) => {
    const inner: Cloudflare.Env = Reflect.get(instance, 'env');
    const getByName = (id: string): BudgetDoor => ({
      async draw(message, level, place: BudgetPlace) {
        if (mood() === 'lost') throw new Error('lost on its way');
        const answer = await env.SHARED_BUDGET.getByName(id).draw(message, level, place);
        if (mood() === 'twice') await env.SHARED_BUDGET.getByName(id).draw(message, level, place);
        if (mood() === 'unanswered') throw new Error('the answer is lost');
        return answer;
      },
    });
    Object.defineProperty(instance, 'env', { value: { ...inner, SHARED_BUDGET: { getByName } }, configurable: true });
  });
}

async function openUser() {
  const ledgers = [await openLedger(), await openLedger(), await openLedger()];
  const owner = ledgers[0]?.key.owner ?? '';
  for (const { key } of ledgers) {
    await env.DB.prepare('UPDATE api_keys SET owner = ? WHERE id = ?').bind(owner, key.id).run();
  }
  const body = JSON.stringify({ budget_total_usd: LIMIT / 1e9 });
  expect((await internal(`/internal/users/${owner}`, { method: 'PATCH', body })).status).toBe(200);
  const keys: ApiKey[] = [];
  for (const { key } of ledgers) {
    const read = await getKey(openDatabase(env.DB), key.id);
    if (read !== null) keys.push(read);
  }
  return { ledgers, keys, owner };
}

const KINDS = ['begin', 'begin', 'begin', 'settle', 'settle', 'evict', 'ring', 'pass', 'ask', 'mood'] as const;
const step = fc.record({ kind: fc.constantFrom(...KINDS), pick: fc.nat(1_000), amount: fc.nat(400) });
type Step = { kind: (typeof KINDS)[number]; pick: number; amount: number };
const MOODS: readonly Mood[] = ['well', 'well', 'lost', 'unanswered', 'twice'];

const sum = (amounts: Iterable<number>) => [...amounts].reduce((total, amount) => total + amount, 0);

/** The user with what a model knows of them: what was spent by key, and what runs. */
async function openWorld() {
  const user = await openUser();
  const way: { mood: Mood } = { mood: 'well' };
  for (const ledger of user.ledgers) await plug(ledger, () => way.mood);
  const spent = new Map(user.keys.map(({ id }) => [id, 0]));
  const running: Running[] = [];
  return { ...user, way, spent, running, budget: await sharedBudget('user', user.owner) };
}

type World = Awaited<ReturnType<typeof openWorld>>;

async function settleOne({ spent }: World, { ledger, id }: Running, costNanoUsd: number): Promise<void> {
  await ledger.stub.settle(ledger.key, settlement({ requestId: id, costNanoUsd }));
  spent.set(ledger.key.id, (spent.get(ledger.key.id) ?? 0) + costNanoUsd);
}

async function beginOne({ running }: World, ledger: Ledger, key: ApiKey, hold: number): Promise<void> {
  const request = lease(key, { holdNanoUsd: hold });
  const answer = await ledger.stub.begin(key, request).catch(() => null);
  if (answer?.kind === 'admitted') running.push({ ledger, id: request.requestId, hold });
}

async function take(world: World, { kind, pick, amount }: Step): Promise<void> {
  const { budget, keys, ledgers, running, way } = world;
  const [ledger, key] = [ledgers[pick % 3], keys[pick % 3]];
  if (ledger === undefined || key === undefined) return;
  switch (kind) {
    case 'begin':
      return beginOne(world, ledger, key, amount);
    case 'settle': {
      const [one] = running.splice(pick % Math.max(1, running.length), 1);
      return one && settleOne(world, one, Math.min(one.hold, amount));
    }
    case 'evict':
      await ledger.evict();
      return plug(ledger, () => way.mood);
    case 'ring':
      await ledger.ring();
      return;
    case 'pass':
      // Never so long that a lease ends.
      clock.pass(running.length > 0 ? SECOND : HOUR);
      return;
    case 'ask':
      await budget.check();
      return;
    case 'mood':
      way.mood = MOODS[pick % MOODS.length] ?? 'well';
  }
}

/** Everything ends, and each ledger has time to give back what it does not use. */
async function calm(world: World): Promise<void> {
  const { ledgers, running, way } = world;
  way.mood = 'well';
  for (const one of running.splice(0)) await settleOne(world, one, 1);
  for (let round = 0; round < 3; round += 1) {
    clock.pass(11 * MINUTE);
    for (const ledger of ledgers) {
      await ledger.stub.wake();
      await ledger.ring();
    }
  }
}

describe('any interleaving of requests, lost and repeated messages, evictions and alarms', () => {
  it('I13 the budget is never passed, and once quiet its sum is the sum of the ledgers, and nothing stays reserved', {
    timeout: 90_000,
  }, async () => {
    const run = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
      const world = await openWorld();
      const { budget, running, spent } = world;
      for (const each of steps) {
        await take(world, each);
        expect(sum(spent.values()) + sum(running.map(({ hold }) => hold))).toBeLessThanOrEqual(LIMIT);
      }
      await calm(world);
      const { reserved, totals } = await budget.sums();
      expect(reserved).toBe(0);
      for (const [id, total] of spent) expect(totals[id] ?? 0).toBe(total);
    });
    await fc.assert(run, { numRuns: 25, interruptAfterTimeLimit: 15_000 });
  });
});
