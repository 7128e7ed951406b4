import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { repairLedgers } from '../../src/ledger/check.ts';
import { consumeLogs } from '../../src/ledger/delivery/consumer.ts';
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
  withVariables,
} from '../support/ledger.ts';

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

const TTL = 180_000;

async function begin({ key, stub }: Ledger, changes: Parameters<typeof lease>[1] = {}) {
  const request = lease(key, changes);
  expect(await stub.begin(key, request)).toMatchObject({ kind: 'admitted' });
  return request.requestId;
}

describe('a settlement', () => {
  it('I4 settling one id k times counts once, whatever the others say and whatever comes between', {
    timeout: 30_000,
  }, async () => {
    const settles = fc.array(fc.record({ cost: fc.nat(3), evict: fc.boolean(), begin: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), settles, async (isBegun, tries) => {
        const ledger = await openLedger();
        const { key, stub } = ledger;
        const { requestId } = lease(key);
        if (isBegun) await begin(ledger, { requestId });
        for (const { cost, evict, begin: isAskedAgain } of tries) {
          await stub.settle(key, settlement({ requestId, costNanoUsd: cost, usage: tokens(cost) }));
          if (evict) await ledger.evict();
          if (isAskedAgain) await begin(ledger, { requestId, holdNanoUsd: 7 });
        }
        expect(await stub.sums()).toMatchObject({
          ledgerNanoUsd: tries[0]?.cost,
          heldNanoUsd: 0,
          openLeases: 0,
          outbox: 1,
        });
        expect(await ledger.rows()).toHaveLength(1);
      }),
      { numRuns: 12, interruptAfterTimeLimit: 8_000 },
    );
  });

  it('I1 I2 is one row for each request that began, and one correction at most', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    const ids: string[] = [];
    for (let count = 0; count < 6; count += 1)
      ids.push(await begin(ledger, { inputCostNanoUsd: 50, inputEstimate: 5 }));
    const [settled, , late = '', twice = '', unchanged = ''] = ids;
    await stub.settle(key, settlement({ requestId: settled ?? '', costNanoUsd: 9 }));
    await stub.checkpoint({ requestId: twice, usage: tokens(40), costNanoUsd: 400 });
    clock.pass(TTL + 1);
    await ledger.evict();
    await ledger.ring();
    expect((await stub.settle(key, settlement({ requestId: late, costNanoUsd: 20, usage: tokens(2) }))).kind).toBe(
      'adjusted',
    );
    for (const cost of [700, 701])
      await stub.settle(key, settlement({ requestId: twice, costNanoUsd: cost, usage: tokens(cost) }));
    await stub.settle(key, settlement({ requestId: unchanged, costNanoUsd: 50, usage: tokens(5) }));
    const rows = await ledger.rows();
    const told = (id: string) =>
      rows
        .filter((row) => row.requestId === id)
        .map(({ kind, source, costNanoUsd }) => [kind, source, costNanoUsd])
        .toSorted();
    expect(told(settled ?? '')).toEqual([['settle', 'reported', 9]]);
    expect(told(ids[1] ?? '')).toEqual([['settle', 'lease_expired', 50]]);
    expect(told(late)).toEqual([
      ['adjust', 'reported', -30],
      ['settle', 'lease_expired', 50],
    ]);
    expect(told(twice)).toEqual([
      ['adjust', 'reported', 300],
      ['settle', 'lease_expired', 400],
    ]);
    expect(told(unchanged)).toEqual([
      ['adjust', 'reported', 0],
      ['settle', 'lease_expired', 50],
    ]);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 879, d1: 879, daily: 879, requests: 6, rows: 9 });
  });

  it('with an amount that is no whole number is refused whole', async () => {
    const ledger = await openLedger();
    const requestId = await begin(ledger, { holdNanoUsd: 5 });
    for (const costNanoUsd of [0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1]) {
      const refused = runInDurableObject(ledger.stub, (instance) =>
        instance.settle(ledger.key, settlement({ requestId, costNanoUsd })),
      );
      await expect(refused).rejects.toThrow('no whole number');
    }
    expect(await ledger.stub.sums()).toMatchObject({ ledgerNanoUsd: 0, openLeases: 1, outbox: 0 });
  });
});

describe('a lease', () => {
  it.each(['ring', 'state', 'begin', 'nudge', 'evict and ring'])(
    'I8 does not stay open past its time, and what is held returns to 0: %s',
    { timeout: 20_000 },
    async (waker) => {
      const lives = fc.array(fc.record({ hold: fc.nat(1_000), checkpoints: fc.nat(3) }), {
        minLength: 1,
        maxLength: 5,
      });
      await fc.assert(
        fc.asyncProperty(lives, async (requests) => {
          const ledger = await openLedger();
          const { key, stub } = ledger;
          for (const { hold, checkpoints } of requests) {
            const requestId = await begin(ledger, { holdNanoUsd: hold });
            for (let sent = 0; sent < checkpoints; sent += 1) {
              clock.pass(10 * SECOND);
              await stub.checkpoint({ requestId, usage: tokens(1), costNanoUsd: 1 });
            }
          }
          expect((await stub.sums()).heldNanoUsd).toBe(requests.reduce((sum, { hold }) => sum + hold, 0));
          clock.pass(TTL);
          if (waker.startsWith('evict')) await ledger.evict();
          if (waker.endsWith('ring')) await ledger.ring();
          else if (waker === 'state') await stub.state(key);
          else if (waker === 'nudge') await stub.nudge();
          else await stub.settle(key, settlement({ requestId: await begin(ledger) }));
          expect(await stub.sums()).toMatchObject({ heldNanoUsd: 0, openLeases: 0 });
        }),
        { numRuns: 3 },
      );
    },
  );

  it('I8 is given up at once by a settlement, and by a begin that the settlement overtook', async () => {
    const ledger = await openLedger({ maxConcurrent: 1 });
    const { requestId } = lease(ledger.key);
    await ledger.stub.settle(ledger.key, settlement({ requestId, end: 'rejected', source: 'none' }));
    await begin(ledger, { requestId, holdNanoUsd: 1_000 });
    expect(await ledger.stub.sums()).toMatchObject({ heldNanoUsd: 0, openLeases: 0 });
    await begin(ledger);
  });

  it('holds no more than there are numbers, whatever is asked', async () => {
    const ledger = await openLedger();
    for (const holdNanoUsd of [Number.POSITIVE_INFINITY, -5, Number.NaN, 1.2]) {
      const requestId = await begin(ledger, { holdNanoUsd });
      expect(Number.isSafeInteger((await ledger.stub.sums()).heldNanoUsd)).toBe(true);
      await ledger.stub.settle(ledger.key, settlement({ requestId }));
    }
    expect((await ledger.stub.sums()).heldNanoUsd).toBe(0);
  });
});

describe('the same request asked for again', () => {
  it('gets the first answer, yes or no, while it runs, when it is over, and after a restart', async () => {
    const ledger = await openLedger({ rpm: 1 });
    const { key, stub } = ledger;
    const first = await begin(ledger);
    const second = lease(key);
    const no = await stub.begin(key, second);
    expect(no).toMatchObject({ kind: 'refused', reason: 'rpm', retryAfter: 60 });
    await stub.settle(key, settlement({ requestId: second.requestId, end: 'rejected', source: 'none' }));
    await ledger.evict();
    clock.pass(2 * MINUTE);
    expect(await stub.begin(key, second)).toEqual(no);
    await begin(ledger, { requestId: first });
  });
});

describe('the alarm', () => {
  const alarmOf = ({ stub }: Ledger) => runInDurableObject(stub, (_instance, { storage }) => storage.getAlarm());

  it('that was lost is set again by the next call', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    const calls: (() => Promise<unknown>)[] = [
      () => begin(ledger),
      () => stub.checkpoint({ requestId: 'req_nobody', usage: tokens(0), costNanoUsd: 0 }),
      () => stub.settle(key, settlement()),
      () => stub.state(key),
      () => stub.nudge(),
      () => stub.wake(),
    ];
    for (const call of calls) {
      await stub.settle(key, settlement());
      await runInDurableObject(stub, (_instance, { storage }) => storage.deleteAlarm());
      // It is missed once its time has come: at the end of a lease that began now, at the latest.
      clock.pass(4 * MINUTE);
      await call();
      expect(await alarmOf(ledger)).not.toBeNull();
    }
  });

  it('I1 that wrote sums and marks down loses no settlement that comes an hour late, whatever starts anew', async () => {
    const ledger = await openLedger();
    const late = settlement({ costNanoUsd: 7 });
    clock.pass(HOUR);
    for (let count = 0; count < 120; count += 1) {
      clock.pass(1);
      await ledger.stub.settle(ledger.key, settlement({ costNanoUsd: 1 }));
    }
    await drain(ledger);
    clock.pass(2 * HOUR);
    // Sums and marks are written down by now, with a floor above the late one.
    await ledger.ring();
    await ledger.stub.settle(ledger.key, late);
    await ledger.evict();
    expect(await ledger.stub.sums()).toMatchObject({ outbox: 1, ledgerNanoUsd: 127 });
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 127, d1: 127, daily: 127 });
  });

  it('is not waited for by a row that comes after a pause: it goes at once, and five seconds later where the queue refuses', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const ledger = await openLedger();
    const { key, queue, stub } = ledger;
    await stub.settle(key, settlement());
    expect(queue).toHaveLength(0);
    await drain(ledger);
    clock.pass(MINUTE);
    await ledger.ring();
    await stub.settle(key, settlement());
    await vi.waitFor(() => expect(queue).toHaveLength(1));
    clock.pass(1_000);
    await stub.settle(key, settlement());
    expect([queue.length, await alarmOf(ledger)]).toEqual([1, clock.now() + 5_000]);
    await drain(ledger);
    clock.pass(MINUTE);
    await ledger.ring();
    ledger.refuse(true);
    await stub.settle(key, settlement());
    await vi.waitFor(async () => expect(await alarmOf(ledger)).toBe(clock.now() + 5_000));
    ledger.refuse(false);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ rows: 4 });
  });

  it('never throws while the queue refuses, sets the next one, and loses nothing', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const ledger = await openLedger();
    const { key, stub } = ledger;
    for (let count = 0; count < 3; count += 1) await stub.settle(key, settlement({ costNanoUsd: 10 }));
    ledger.refuse(true);
    for (let minute = 0; minute < 8; minute += 1) {
      await ledger.ring();
      expect(await alarmOf(ledger)).toBeGreaterThan(clock.now());
      clock.pass(MINUTE);
    }
    expect(reported).toHaveBeenCalled();
    reported.mockRestore();
    ledger.refuse(false);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 30, d1: 30, daily: 30, rows: 3 });
  });

  it('sends what D1 has not confirmed again after a minute, then later each time, and not in between', async () => {
    const ledger = await openLedger();
    await ledger.stub.settle(ledger.key, settlement());
    const sentAfter = async (milliseconds: number) => {
      clock.pass(milliseconds);
      await ledger.ring();
      return ledger.queue.splice(0).length;
    };
    expect(await sentAfter(5 * SECOND)).toBe(1);
    expect(await sentAfter(50 * SECOND)).toBe(0);
    expect(await sentAfter(10 * SECOND)).toBe(1);
    expect(await sentAfter(MINUTE)).toBe(0);
    expect(await sentAfter(MINUTE)).toBe(1);
  });

  it('does not wait where a hundred rows are there', async () => {
    const ledger = await openLedger();
    for (let count = 0; count < 100; count += 1) await ledger.stub.settle(ledger.key, settlement());
    await vi.waitFor(() => expect(ledger.queue).toHaveLength(1), { timeout: 10_000 });
  });

  it('does not ask a queue that refuses again with every settlement', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const ledger = await openLedger();
    ledger.refuse(true);
    await runInDurableObject(ledger.stub, async (object) => {
      for (let count = 0; count < 250; count += 1) await object.settle(ledger.key, settlement());
    });
    await vi.waitFor(() => expect(reported).toHaveBeenCalledTimes(2), { timeout: 10_000 });
    reported.mockRestore();
    expect(await ledger.stub.sums()).toMatchObject({ outbox: 250 });
  });
});

describe('rows that D1 does not confirm', () => {
  it('are sent again by who waits for them, and by the cron no sooner than by the alarm', async () => {
    const { key, queue, stub } = await openLedger();
    await stub.settle(key, settlement());
    await stub.wake();
    expect(queue).toHaveLength(1);
    clock.pass(15 * SECOND);
    await stub.wake();
    expect(queue).toHaveLength(1);
    await stub.nudge();
    expect(queue).toHaveLength(2);
    clock.pass(3 * MINUTE);
    await stub.wake();
    expect(queue).toHaveLength(3);
  });
});

describe('rows that D1 has', () => {
  it('are kept for three days, and go; those that it has not are kept until it has them', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    await stub.settle(key, settlement({ costNanoUsd: 1 }));
    await drain(ledger);
    await stub.settle(key, settlement({ costNanoUsd: 2 }));
    const running = await begin(ledger);
    for (let hour = 0; hour < 74; hour += 1) {
      clock.pass(HOUR);
      await stub.checkpoint({ requestId: running, usage: tokens(0), costNanoUsd: 0 });
      if (hour === 60) await ledger.evict();
      await ledger.ring();
      if (hour === 70) expect((await ledger.rows()).map(({ costNanoUsd }) => costNanoUsd)).toContain(1);
    }
    expect((await ledger.rows()).map(({ costNanoUsd }) => costNanoUsd)).not.toContain(1);
    expect(await stub.sums()).toMatchObject({ ledgerNanoUsd: 3 });
    clock.pass(TTL);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 3, d1: 3, daily: 3, rows: 3 });
  });

  it('I1 are sent again by a repair where D1 has lost them, and the sums agree again', async () => {
    const ledger = await openLedger();
    for (let count = 0; count < 3; count += 1) await ledger.stub.settle(ledger.key, settlement({ costNanoUsd: 5 }));
    await drain(ledger);
    await env.DB.prepare('DELETE FROM request_logs WHERE key_id = ?').bind(ledger.key.id).run();
    await env.DB.prepare('DELETE FROM usage_daily WHERE key_id = ?').bind(ledger.key.id).run();
    await env.DB.prepare('DELETE FROM usage_monthly WHERE key_id = ?').bind(ledger.key.id).run();
    expect((await repairLedgers(env)).repaired).toContain(ledger.key.id);
    await consumeLogs(batchOf(ledger.queue.splice(0)).batch, env);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 15, d1: 15, daily: 15 });
    expect((await repairLedgers(env)).repaired).not.toContain(ledger.key.id);
  });

  it('I1 are not sent again where only the log was emptied by hand: the daily sums would count them twice', async () => {
    const ledger = await openLedger();
    await ledger.stub.settle(ledger.key, settlement({ costNanoUsd: 5 }));
    await drain(ledger);
    await env.DB.prepare('DELETE FROM request_logs WHERE key_id = ?').bind(ledger.key.id).run();
    expect((await repairLedgers(env)).repaired).not.toContain(ledger.key.id);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 5, d1: 0, daily: 5 });
  });

  it('are not sent again where one more came to D1 while the sums were read', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    let looks = 0;
    const sums = async () => {
      looks += 1;
      if (looks === 1) {
        await stub.settle(key, settlement({ costNanoUsd: 5 }));
        await drain(ledger);
      }
      return stub.sums();
    };
    const resend = vi.fn();
    const getByName = (id: string) => (id === key.id ? { sums, resend } : env.KEY_LEDGER.getByName(id));
    // Only what a check and a repair use.
    const places = { DB: env.DB, KEY_LEDGER: { getByName } } as unknown as Parameters<typeof repairLedgers>[0];
    expect((await repairLedgers(places)).repaired).not.toContain(key.id);
    expect([looks, resend.mock.calls]).toEqual([2, []]);
  });
});

describe('a spend alert', () => {
  const HOOK = { ALERT_WEBHOOK_URL: 'https://alerts.test/hook' };
  const posted: { url: string; body: Record<string, unknown> }[] = [];
  let status = 200;
  beforeAll(() => {
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      posted.push({ url: String(input), body: JSON.parse(String(init?.body)) });
      return new Response(null, { status });
    });
  });
  afterEach(() => {
    posted.length = 0;
    status = 200;
  });

  const spend = (ledger: Ledger, costNanoUsd: number) =>
    withVariables(ledger, HOOK, async (object) => {
      await object.settle(ledger.key, settlement({ costNanoUsd }));
      await object.alarm();
    });

  it('is sent once at 80 % and once at 100 % of a budget, and anew in its next period', async () => {
    const ledger = await openLedger({ name: 'ci', budgetDayUsd: 0.000_001 });
    clock.pass(DAY - (clock.now() % DAY) + HOUR);
    await spend(ledger, 799);
    expect(posted).toEqual([]);
    for (const cost of [1, 150, 60, 500]) await spend(ledger, cost);
    const { id, owner } = ledger.key;
    const reset_at = new Date(clock.now() - HOUR + DAY).toISOString();
    const common = { key_id: id, owner, name: 'ci', window: 'day', limit_usd: '0.000001', reset_at };
    expect(posted).toEqual([
      { url: HOOK.ALERT_WEBHOOK_URL, body: { ...common, percent: 80, spent_usd: '0.0000008' } },
      { url: HOOK.ALERT_WEBHOOK_URL, body: { ...common, percent: 100, spent_usd: '0.00000101' } },
    ]);
    clock.pass(DAY);
    await spend(ledger, 1_000);
    expect(posted.slice(2).map(({ body }) => body['percent'])).toEqual([80, 100]);
  });

  it('is sent anew for a budget that was raised, when that one is passed too', async () => {
    const ledger = await openLedger({ budgetTotalUsd: 0.000_001 });
    await spend(ledger, 1_000);
    Object.assign(ledger.key, { budgetTotalUsd: 0.000_002, revision: ledger.key.revision + 1 });
    await spend(ledger, 500);
    expect(posted.map(({ body }) => body['percent'])).toEqual([80, 100]);
    await spend(ledger, 200);
    expect(posted.slice(2).map(({ body }) => [body['percent'], body['limit_usd']])).toEqual([[80, '0.000002']]);
  });

  it('that did not arrive is sent again by the alarm, through restarts too', async () => {
    const ledger = await openLedger({ budgetTotalUsd: 0.000_001 });
    status = 503;
    await spend(ledger, 900);
    const ring = (variables: object = HOOK) => withVariables(ledger, { ...variables }, (object) => object.alarm());
    status = 200;
    await ring();
    await ring();
    expect(posted.map(({ body }) => [body['window'], body['percent'], body['reset_at']])).toEqual([
      ['total', 80, null],
      ['total', 80, null],
    ]);
  });

  it('is not sent where nobody asked for it', async () => {
    const ledger = await openLedger({ budgetTotalUsd: 0.000_001 });
    await ledger.stub.settle(ledger.key, settlement({ costNanoUsd: 5_000 }));
    await ledger.ring();
    expect(posted).toEqual([]);
  });
});
