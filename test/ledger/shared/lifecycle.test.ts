import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KeyLedger } from '../../../src/ledger/key-ledger.ts';
import type { BudgetDoor } from '../../../src/ledger/shared/calls.ts';
import { clock, DAY, drain, HOUR, type Ledger, lease, MINUTE, SECOND, settlement } from '../../support/ledger.ts';
import { internal } from '../../support/router.ts';
import { sharedBudget } from '../../support/team.ts';
import { ask, fresh, openUser, set, spend, watchDraws } from '../../support/user.ts';

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

/** What the ledger keeps of a level. */
async function standOf(ledger: Ledger, kind = 'user') {
  return await runInDurableObject(ledger.stub, (_instance, { storage: { sql } }) => {
    const stands = sql.exec<{ stand: string }>('SELECT stand FROM levels').toArray();
    return stands.map(({ stand }) => JSON.parse(stand)).find((stand) => stand.kind === kind);
  });
}

describe('a budget that is set while its keys are in use', () => {
  it('I13 in mid-month counts what was spent before, by keys that have not asked since, too', async () => {
    const { owner, ledgers } = await openUser(2);
    const [one, two] = ledgers as [Ledger, Ledger];
    await spend(one, 600);
    await spend(two, 300);
    for (const ledger of ledgers) await drain(ledger);
    await set(owner, { budget_month_usd: 1_000 / 1e9 });
    expect([await spend(one, 101), await spend(one, 100), await spend(two, 1)]).toEqual([
      'refused',
      'served',
      'refused',
    ]);
    expect((await (await sharedBudget('user', owner)).state()).spent).toMatchObject({ month: 1_000, total: 1_000 });
  });

  it('I13 raised, lowered and lifted hold from the next request on', async () => {
    const { owner, ledgers } = await openUser(2);
    const [one, two] = ledgers as [Ledger, Ledger];
    await set(owner, { budget_day_usd: 1_000_000 / 1e9 });
    expect(await spend(one, 100_000)).toBe('served');
    // A rest of a usual grant is left at the first ledger: the lower budget takes it back.
    await set(owner, { budget_day_usd: 100_000 / 1e9 });
    expect([await spend(one, 1), await spend(two, 1)]).toEqual(['refused', 'refused']);
    await set(owner, { budget_day_usd: 100_010 / 1e9 });
    expect([await spend(two, 10), await spend(one, 1)]).toEqual(['served', 'refused']);
    await set(owner, { budget_day_usd: null });
    expect([await spend(two, 1_000), await spend(one, 1_000)]).toEqual(['served', 'served']);
    // What was spent while there was none counts, once there is one again.
    for (const ledger of ledgers) await drain(ledger);
    await set(owner, { budget_day_usd: 102_010 / 1e9 });
    expect([await spend(one, 1), await spend(two, 1)]).toEqual(['refused', 'refused']);
    await set(owner, { budget_day_usd: 102_011 / 1e9 });
    expect(await spend(one, 1)).toBe('served');
  });

  it('I13 by plain SQL holds for whoever has read it, and for the ledgers that have not', async () => {
    const { owner, ledgers } = await openUser(2);
    const [one, two] = ledgers as [Ledger, Ledger];
    await set(owner, { budget_day_usd: 1_000_000 / 1e9 });
    const old = await fresh(two);
    expect([await spend(one, 500), await spend(two, 500)]).toEqual(['served', 'served']);
    await env.DB.prepare('UPDATE users SET budget_day_usd = ? WHERE name = ?')
      .bind(1_000 / 1e9, owner)
      .run();
    expect(await spend(one, 1)).toBe('refused');
    clock.pass(2 * SECOND);
    // A Worker that has not read it shows the old row: what the ledger still asks for it is told.
    const { answer } = await ask(two, 900_000, old);
    expect(answer).toMatchObject({ kind: 'refused', reason: 'budget', level: { kind: 'user', name: owner } });
    expect((await ask(two, 1, old)).answer.kind).toBe('refused');
  });
});

describe('what is reserved', () => {
  it('I13 idle at one key serves another: a no is true', async () => {
    const { owner, ledgers } = await openUser(3);
    const [one, two, three] = ledgers as [Ledger, Ledger, Ledger];
    await set(owner, { budget_day_usd: 10_000 / 1e9 });
    const running = await ask(one, 3_000);
    await spend(two, 1_000, 10);
    // 3,000 run, 10 are spent, and what the two ledgers have beside that is had back.
    expect((await ask(three, 6_991)).answer.kind).toBe('refused');
    clock.pass(2 * SECOND);
    expect((await ask(three, 6_990)).answer.kind).toBe('admitted');
    const { answer } = await ask(two, 5);
    expect(answer).toMatchObject({ kind: 'refused', shortage: { limit: 10_000, free: 0 }, reserved: 9_990 });
    await one.stub.settle(await fresh(one), settlement({ requestId: running.id, costNanoUsd: 0 }));
    clock.pass(2 * SECOND);
    expect((await ask(two, 3_000)).answer.kind).toBe('admitted');
  });

  it('I13 is not given back and drawn again while its key is busy: few requests cost a message', async () => {
    const { owner, ledgers } = await openUser(1);
    const [one] = ledgers as [Ledger];
    await set(owner, { budget_day_usd: 1 });
    const draws = await watchDraws(one);
    // Eight at once hold as much as a usual grant, and cost a tenth of it.
    for (let round = 0; round < 20; round += 1) {
      const running: string[] = [];
      for (let each = 0; each < 8; each += 1) running.push((await ask(one, 2_500_000)).id);
      const key = await fresh(one);
      for (const requestId of running) {
        await one.stub.settle(key, settlement({ requestId, costNanoUsd: 270_000 }));
      }
    }
    expect(await (await sharedBudget('user', owner)).state()).toMatchObject({ spent: { day: 160 * 270_000 } });
    expect(draws.length).toBeLessThan(10);
    // What one large request gives back is more than that.
    const large = await ask(one, 500_000_000);
    await one.stub.settle(await fresh(one), settlement({ requestId: large.id, costNanoUsd: 0 }));
    await vi.waitFor(async () => expect((await (await sharedBudget('user', owner)).sums()).reserved).toBe(0));
  });

  it('I13 goes back when nobody has used it for so long, and nothing stays open', async () => {
    const { owner, ledgers } = await openUser(1);
    const [one] = ledgers as [Ledger];
    await set(owner, { budget_day_usd: 1 });
    await spend(one, 1_000);
    const budget = await sharedBudget('user', owner);
    expect((await budget.sums()).reserved).toBeGreaterThan(0);
    expect(await standOf(one)).toMatchObject({ isOpen: true });
    clock.pass(11 * MINUTE);
    // The alarm finds an object that knows only what it has written down.
    await one.evict();
    // Whoever asks the ledger how it stands is heard before the ledger knows.
    for (let times = 0; times < 3; times += 1) await budget.check();
    await one.stub.wake();
    await one.ring();
    expect(await budget.sums()).toEqual({ reserved: 0, totals: { [one.key.id]: 1_000 } });
    expect(await standOf(one)).toMatchObject({ isOpen: false, ceiling: 1_000 });
    // A correction that comes after that is told, too.
    const late = await ask(one, 50);
    clock.pass(4 * MINUTE);
    await one.stub.state(await fresh(one));
    await one.stub.settle(await fresh(one), settlement({ requestId: late.id, costNanoUsd: 40 }));
    clock.pass(11 * MINUTE);
    await one.ring();
    expect(await budget.sums()).toEqual({ reserved: 0, totals: { [one.key.id]: 1_040 } });
  });

  it('I13 counts for the team that a request began under, whichever team its user is in by then', async () => {
    const { owner, ledgers } = await openUser(1);
    const [one] = ledgers as [Ledger];
    const names = ['old', 'new'].map((name) => `${name}-${owner}`) as [string, string];
    for (const name of names) {
      const body = JSON.stringify({ name, budget_day_usd: 1_000 / 1e9 });
      expect((await internal('/internal/teams', { method: 'POST', body })).status).toBe(201);
    }
    await set(owner, { team: names[0] });
    const { id } = await ask(one, 800);
    await set(owner, { team: names[1] });
    expect(await spend(one, 1_000)).toBe('served');
    await one.stub.settle(await fresh(one), settlement({ requestId: id, costNanoUsd: 700 }));
    const spentBy = async (name: string) => (await (await sharedBudget('team', name)).state()).spent.day;
    expect([await spentBy(names[0]), await spentBy(names[1])]).toEqual([700, 1_000]);
    expect(await spend(one, 1)).toBe('refused');
  });

  it('I13 counts for a team that was made anew under an old name, what comes late too', async () => {
    const { owner, ledgers } = await openUser(1);
    const [one] = ledgers as [Ledger];
    const name = `again-${owner}`;
    const make = async () => {
      const body = JSON.stringify({ name, budget_day_usd: 1 });
      expect((await internal('/internal/teams', { method: 'POST', body })).status).toBe(201);
      await set(owner, { team: name });
    };
    const rest = async () => {
      clock.pass(11 * MINUTE);
      await one.stub.wake();
      await one.ring();
    };
    await make();
    await spend(one, 100);
    await rest();
    await drain(one);
    const old = await sharedBudget('team', name);
    await set(owner, { team: null });
    expect((await internal(`/internal/teams/${name}`, { method: 'DELETE' })).status).toBe(200);
    await make();
    await spend(one, 50);
    await rest();
    const budget = await sharedBudget('team', name);
    expect(await budget.sums()).toEqual({ reserved: 0, totals: { [one.key.id]: 150 } });
    // A lease runs out and is booked, all is given back, and then its settlement comes after all.
    const late = await ask(one, 50);
    clock.pass(4 * MINUTE);
    await one.stub.state(await fresh(one));
    await rest();
    const draws = await watchDraws(one);
    await one.stub.settle(await fresh(one), settlement({ requestId: late.id, costNanoUsd: 40 }));
    await rest();
    expect(draws.length).toBeGreaterThan(0);
    expect(await budget.sums()).toEqual({ reserved: 0, totals: { [one.key.id]: 190 } });
    // The old one is at rest.
    expect(await old.sums()).toEqual({ reserved: 0, totals: { [one.key.id]: 100 } });
  });

  it('I13 holds over the edge of a day: what was drawn yesterday counts today', async () => {
    const { owner, ledgers } = await openUser(2);
    const [one, two] = ledgers as [Ledger, Ledger];
    await set(owner, { budget_day_usd: 1_000 / 1e9 });
    clock.pass(DAY - (clock.now() % DAY) - MINUTE);
    const running = await ask(one, 900);
    clock.pass(2 * MINUTE);
    expect((await ask(two, 101)).answer.kind).toBe('refused');
    await one.stub.settle(await fresh(one), settlement({ requestId: running.id, costNanoUsd: 900 }));
    clock.pass(2 * SECOND);
    expect((await ask(two, 101)).answer.kind).toBe('refused');
    expect((await ask(two, 100)).answer.kind).toBe('admitted');
    clock.pass(DAY + HOUR);
  });
});

describe('a shared budget that cannot be reached', () => {
  /** The ledger's way to shared budgets, changed. */
  function withBudget<T>(ledger: Ledger, draw: BudgetDoor['draw'], run: (object: KeyLedger) => Promise<T>): Promise<T> {
    const SHARED_BUDGET = { getByName: () => ({ draw }) };
    const changed = { ...env, SHARED_BUDGET } as unknown as Cloudflare.Env;
    return runInDurableObject(ledger.stub, (_instance, state) => run(new KeyLedger(state, changed)));
  }

  it('I13 leaves no lease, and is asked again by the next request', async () => {
    const { owner, ledgers } = await openUser(1);
    const [one] = ledgers as [Ledger];
    await set(owner, { budget_day_usd: 1 });
    const key = await fresh(one);
    const down = () => Promise.reject(new Error('the object is down'));
    await withBudget(one, down, async (object) => {
      await expect(object.begin(key, lease(key, { holdNanoUsd: 5 }))).rejects.toThrow('down');
      expect(await object.sums()).toMatchObject({ openLeases: 0, heldNanoUsd: 0 });
    });
    await one.evict();
    expect(await spend(one, 5)).toBe('served');
  });

  it('I13 is waited for a second, no longer', async () => {
    const { owner, ledgers } = await openUser(1);
    const [one] = ledgers as [Ledger];
    await set(owner, { budget_day_usd: 1 });
    const key = await fresh(one);
    await withBudget(
      one,
      () => new Promise(() => undefined),
      async (object) => {
        await expect(object.begin(key, lease(key))).rejects.toThrow('within');
        expect(await object.sums()).toMatchObject({ openLeases: 0 });
      },
    );
  });

  it('I13 is never asked for a user without a budget, and their ledger keeps nothing of it', async () => {
    const { ledgers } = await openUser(1);
    const [one] = ledgers as [Ledger];
    const key = await fresh(one);
    const never = vi.fn();
    await withBudget(one, never, async (object) => {
      const request = lease(key, { holdNanoUsd: 5 });
      expect((await object.begin(key, request)).kind).toBe('admitted');
      await object.settle(key, settlement({ requestId: request.requestId, costNanoUsd: 5 }));
      clock.pass(11 * MINUTE);
      await object.alarm();
    });
    expect(never).not.toHaveBeenCalled();
    expect(await standOf(one)).toBeUndefined();
  });

  it('I13 does not open while D1 fails: it would not know what was spent', async () => {
    const { owner, ledgers } = await openUser(1);
    const [one] = ledgers as [Ledger];
    await spend(one, 900);
    await drain(one);
    await set(owner, { budget_day_usd: 1_000 / 1e9 });
    const budget = await sharedBudget('user', owner);
    const DB = {
      prepare: () => ({
        bind: () => {
          throw new Error('D1 is down');
        },
      }),
      batch: () => Promise.reject(new Error('D1 is down')),
    };
    await runInDurableObject(budget, (instance) => {
      Object.defineProperty(instance, 'env', { value: { ...env, DB }, configurable: true });
    });
    await expect(ask(one, 1)).rejects.toThrow();
    await runInDurableObject(budget, (instance) => {
      Object.defineProperty(instance, 'env', { value: env, configurable: true });
    });
    expect([await spend(one, 101), await spend(one, 100)]).toEqual(['refused', 'served']);
  });

  it('I13 learns each hour from D1 of spend that no ledger has told, and asks those that differ', async () => {
    const { owner, ledgers } = await openUser(2);
    const [one, two] = ledgers as [Ledger, Ledger];
    await set(owner, { budget_total_usd: 10_000 / 1e9 });
    await spend(one, 100);
    // Booked before this ledger knew of the budget.
    const unaware = { ...(await fresh(two)), user: null, team: null };
    await two.stub.settle(unaware, settlement({ costNanoUsd: 9_000 }));
    for (const ledger of ledgers) await drain(ledger);
    const budget = await sharedBudget('user', owner);
    clock.pass(HOUR + MINUTE);
    // It may have slept meanwhile, and know only what it has written down.
    await evictDurableObject(budget);
    await runDurableObjectAlarm(budget);
    expect((await budget.sums()).totals[two.key.id]).toBe(9_000);
    expect([await spend(one, 901), await spend(one, 900)]).toEqual(['refused', 'served']);
  });
});
