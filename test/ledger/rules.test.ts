import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { refusal } from '../../src/exchange/refusal.ts';
import { findKey } from '../../src/keys/find-key.ts';
import { newKeyMemory } from '../../src/keys/key-memory.ts';
import { keyPorts } from '../../src/keys/key-ports.ts';
import type { Admission } from '../../src/ledger/calls.ts';
import { consumeLogs } from '../../src/ledger/delivery/consumer.ts';
import type { LogMessage } from '../../src/ledger/delivery/message.ts';
import { KeyLedger } from '../../src/ledger/key-ledger.ts';
import { createSlidingMinute } from '../../src/ledger/minute.ts';
import { createCalendar, windowsAt } from '../../src/ledger/windows.ts';
import { requestIdFloor } from '../../src/protocol/request-id.ts';
import { openDatabase } from '../../src/store/database.ts';
import { getKey } from '../../src/store/keys.ts';
import { pruneLogs } from '../../src/store/logs.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { batchOf, clock, DAY, HOUR, lease, MINUTE, openLedger, SECOND, settlement, tokens } from '../support/ledger.ts';
import { BASE_URL } from '../support/router.ts';

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

describe('the windows of a budget', () => {
  const at = (time: string, offset: string) => {
    const { day, weekStart, monthStart, resetAt } = windowsAt(Date.parse(time), offset);
    return [day, weekStart, monthStart, ...Object.values(resetAt).map((reset) => new Date(reset).toISOString())];
  };

  it.each([
    [
      '2026-11-30T18:14:59.999Z',
      '+05:45',
      [
        '2026-11-30',
        '2026-11-30',
        '2026-11-01',
        '2026-11-30T18:15:00.000Z',
        '2026-12-06T18:15:00.000Z',
        '2026-11-30T18:15:00.000Z',
      ],
    ],
    [
      '2026-11-30T18:15:00.000Z',
      '+05:45',
      [
        '2026-12-01',
        '2026-11-30',
        '2026-12-01',
        '2026-12-01T18:15:00.000Z',
        '2026-12-06T18:15:00.000Z',
        '2026-12-31T18:15:00.000Z',
      ],
    ],
    [
      '2027-01-01T03:29:59.999Z',
      '-03:30',
      [
        '2026-12-31',
        '2026-12-28',
        '2026-12-01',
        '2027-01-01T03:30:00.000Z',
        '2027-01-04T03:30:00.000Z',
        '2027-01-01T03:30:00.000Z',
      ],
    ],
    [
      '2027-01-01T03:30:00.000Z',
      '-03:30',
      [
        '2027-01-01',
        '2026-12-28',
        '2027-01-01',
        '2027-01-02T03:30:00.000Z',
        '2027-01-04T03:30:00.000Z',
        '2027-02-01T03:30:00.000Z',
      ],
    ],
    [
      '2028-02-29T23:59:59.999Z',
      '+00:00',
      [
        '2028-02-29',
        '2028-02-28',
        '2028-02-01',
        '2028-03-01T00:00:00.000Z',
        '2028-03-06T00:00:00.000Z',
        '2028-03-01T00:00:00.000Z',
      ],
    ],
    // Europe's and America's clocks change on these days: a fixed offset does not.
    [
      '2026-10-25T01:30:00.000Z',
      '+01:00',
      [
        '2026-10-25',
        '2026-10-19',
        '2026-10-01',
        '2026-10-25T23:00:00.000Z',
        '2026-10-25T23:00:00.000Z',
        '2026-10-31T23:00:00.000Z',
      ],
    ],
  ])('at %s in %s', (time, offset, windows) => expect(at(time, offset)).toEqual(windows));

  it('hold each instant: the reset is ahead, a day has 24 hours, and the next day begins at the reset', () => {
    const instant = fc.integer({ min: Date.parse('2025-01-01'), max: Date.parse('2035-01-01') });
    const offset = fc.constantFrom('+00:00', '+05:45', '-03:30', '+14:00', '-14:00', '+08:00');
    fc.assert(
      fc.property(instant, offset, (now, where) => {
        const { day, resetAt, weekStart, monthStart } = windowsAt(now, where);
        expect(resetAt.day).toBeGreaterThan(now);
        expect(resetAt.day - now).toBeLessThanOrEqual(DAY);
        expect(weekStart <= day && monthStart <= day).toBe(true);
        expect(new Date(`${weekStart}T00:00:00Z`).getUTCDay()).toBe(1);
        expect(windowsAt(resetAt.day - 1, where).day).toBe(day);
        expect(windowsAt(resetAt.day, where).day > day).toBe(true);
        expect(windowsAt(resetAt.week, where).weekStart).not.toBe(weekStart);
        expect(windowsAt(resetAt.month, where).monthStart).not.toBe(monthStart);
        const calendar = createCalendar(where);
        for (const moment of [now, resetAt.day, now, resetAt.day - 1])
          expect(calendar(moment)).toEqual(windowsAt(moment, where));
      }),
    );
  });

  it('keep what was spent in each: a new day, a new week, a new month, and never a new total', async () => {
    const { key, stub } = await openLedger({ budgetDayUsd: 1, budgetWeekUsd: 2, budgetMonthUsd: 3, budgetTotalUsd: 4 });
    let wanted = Date.UTC(2027, 1, 27, 23, 59, 59, 999); // a Saturday, the last but one day of its month
    const spend = async () => {
      clock.pass(Math.max(0, wanted - clock.now()));
      await stub.settle(key, settlement({ costNanoUsd: 10 }));
      return (await stub.state(key)).spent;
    };
    expect(await spend()).toEqual({ day: 10, week: 10, month: 10, total: 10 });
    wanted += 1;
    expect(await spend()).toEqual({ day: 10, week: 20, month: 20, total: 20 });
    wanted += DAY;
    expect(await spend()).toEqual({ day: 10, week: 10, month: 10, total: 30 });
  });
});

describe('the sliding minute', () => {
  it('I7 sums what came within sixty seconds, and says truly when there is room', () => {
    const marks = fc.array(fc.record({ gap: fc.nat(40 * SECOND), amount: fc.nat(9) }), { maxLength: 30 });
    fc.assert(
      fc.property(marks, fc.nat(30), fc.nat(2 * MINUTE), (given, limit, later) => {
        const minute = createSlidingMinute();
        const seen: { at: number; amount: number }[] = [];
        let now = 1_000_000;
        for (const { gap, amount } of given) {
          now += gap;
          minute.add(now, amount);
          seen.push({ at: now, amount });
        }
        now += later;
        const sumAt = (time: number) =>
          seen.filter(({ at }) => at > time - MINUTE).reduce((sum, { amount }) => sum + amount, 0);
        expect(minute.sum(now)).toBe(sumAt(now));
        const wait = minute.waitFor(now, limit);
        expect(sumAt(now + wait)).toBeLessThanOrEqual(limit);
        if (wait > 0) expect(sumAt(now + wait - 1)).toBeGreaterThan(limit);
      }),
    );
  });

  it('keeps no more than its minute, though nobody asks for the sum', () => {
    const minute = createSlidingMinute();
    for (let second = 0; second < 3_600; second += 1) minute.add(second * SECOND, second % 2);
    expect(minute.size).toBe(30);
  });

  it('I7 no minute admits more than rpm, restarts included', async () => {
    const ledger = await openLedger({ rpm: 3 });
    const admitted: number[] = [];
    for (let tries = 0; tries < 60; tries += 1) {
      if (tries % 15 === 7) await ledger.evict();
      const answer = await ledger.stub.begin(ledger.key, lease(ledger.key));
      if (answer.kind === 'admitted') admitted.push(clock.now());
      else {
        expect(answer.retryAfter).toBeGreaterThanOrEqual(1);
        expect(answer.retryAfter).toBeLessThanOrEqual(60);
      }
      clock.pass(7 * SECOND);
    }
    for (const start of admitted)
      expect(admitted.filter((at) => at >= start && at < start + MINUTE).length).toBeLessThanOrEqual(3);
    expect(admitted.length).toBeGreaterThan(15);
  });

  it('tpm counts settled tokens and the estimates of what runs; refused requests count for nothing', async () => {
    const ledger = await openLedger({ tpm: 100 });
    const { key, stub } = ledger;
    const ask = async (inputEstimate: number) => stub.begin(key, lease(key, { inputEstimate }));
    const first = lease(key, { inputEstimate: 60 });
    expect((await stub.begin(key, first)).kind).toBe('admitted');
    expect(await ask(41)).toMatchObject({ kind: 'refused', reason: 'tpm', retryAfter: 60 });
    await stub.settle(key, settlement({ requestId: first.requestId, usage: { ...tokens(50), outputTokens: 45 } }));
    clock.pass(20 * SECOND);
    await ledger.evict();
    expect(await ask(6)).toMatchObject({ kind: 'refused', reason: 'tpm', retryAfter: 40 });
    expect((await ask(5)).kind).toBe('admitted');
    clock.pass(40 * SECOND);
    expect((await ask(90)).kind).toBe('admitted');
  });
});

describe('a no says what is wrong, and what to do', () => {
  const refusedOf = (admission: Admission) => {
    if (admission.kind === 'admitted') throw new Error('It was admitted.');
    return { ...admission, error: refusal(admission, 'test/echo') };
  };

  it('of a budget: that it is used up, that the rest is too small, or that nothing could ever fit', async () => {
    const { key, stub } = await openLedger({ budgetDayUsd: 0.001, budgetMonthUsd: 0.002 });
    const ask = async (holdNanoUsd: number) => refusedOf(await stub.begin(key, lease(key, { holdNanoUsd })));
    const never = await ask(3_000_000);
    // Of both budgets the one that begins anew last.
    expect(never).toMatchObject({ reason: 'budget', window: 'month', retryAfter: null });
    expect(never.error.message).toMatch(
      /up to 0\.003 USD: more than .* whole budget of this month, 0\.002 USD.*max_tokens.*anew at \d{4}-\d\d-01T/,
    );
    await stub.settle(key, settlement({ costNanoUsd: 900_000 }));
    const rest = await ask(200_000);
    expect(rest.window).toBe('day');
    expect(rest.error.message).toMatch(/up to 0\.0002 USD, and 0\.0001 USD of this key's budget of this day is free/);
    await stub.settle(key, settlement({ costNanoUsd: 100_000 }));
    const over = await ask(1);
    expect(over.error.message).toMatch(
      /budget of this day is used up\. It begins anew at \d{4}-\d\d-\d\dT00:00:00\.000Z/,
    );
    expect(over.error.status).toBe(402);
  });

  it('of a total budget: nothing of waiting, which brings nothing', async () => {
    const { key, stub } = await openLedger({ budgetTotalUsd: 0.001 });
    const ask = async (holdNanoUsd: number) => refusedOf(await stub.begin(key, lease(key, { holdNanoUsd }))).error;
    await stub.settle(key, settlement({ costNanoUsd: 900_000 }));
    const messages = [(await ask(200_000)).message, (await ask(3_000_000)).message];
    await stub.settle(key, settlement({ costNanoUsd: 100_000 }));
    messages.push((await ask(1)).message);
    for (const message of messages) {
      expect(message).toContain('total budget');
      expect(message).not.toMatch(/wait|again|anew/i);
      expect(message).toContain('Only your administrator can raise it.');
    }
  });

  it('of a request with more tokens than tpm ever allows', async () => {
    const { key, stub } = await openLedger({ tpm: 100 });
    const no = refusedOf(await stub.begin(key, lease(key, { inputEstimate: 101 })));
    expect(no.error.message).toContain('about 101 tokens, and this key may send 100 a minute. Shorten it');
    expect(no).toMatchObject({ retryAfter: 60 });
  });

  it('changed limits hold from the next request on, and nothing that was spent is lost', async () => {
    const { key, stub } = await openLedger({ budgetTotalUsd: 0.000_001 });
    await stub.settle(key, settlement({ costNanoUsd: 1_000 }));
    expect((await stub.begin(key, lease(key, { holdNanoUsd: 1 }))).kind).toBe('refused');
    const raised = { ...key, budgetTotalUsd: 0.000_002, revision: key.revision + 1 };
    await stub.sync(raised);
    expect((await stub.begin(key, lease(key, { holdNanoUsd: 1 }))).kind).toBe('admitted');
    expect((await stub.state(key)).remaining).toEqual({ total: 999 });
  });

  it('I9 a rotated secret works until its grace is over; a revoked key never does, nor one whose owner is disabled', async () => {
    const { key, stub } = await openLedger();
    const ask = async (keyHash: string) => (await stub.begin(key, lease(key, { keyHash }))).kind;
    const previousExpiresAt = new Date(clock.now() + HOUR).toISOString();
    await stub.sync({ ...key, hash: 'new', previousHash: key.hash, previousExpiresAt, revision: key.revision + 1 });
    expect([await ask('new'), await ask(key.hash), await ask('other')]).toEqual(['admitted', 'admitted', 'refused']);
    clock.pass(HOUR);
    expect([await ask('new'), await ask(key.hash)]).toEqual(['admitted', 'refused']);
    await stub.sync({ ...key, hash: 'new', ownerStatus: 'disabled', revision: key.revision + 2 });
    expect(await ask('new')).toBe('refused');
    await stub.sync({ ...key, hash: 'new', revision: key.revision + 3 });
    expect(await ask('new')).toBe('admitted');
    await stub.sync({ ...key, hash: 'new', status: 'revoked', revision: key.revision + 4 });
    expect(await ask('new')).toBe('refused');
    expect(await stub.checkpoint({ requestId: 'req_x', usage: tokens(1), costNanoUsd: 1 })).toMatchObject({
      kind: 'stop',
    });
  });
});

describe('a change of a key', () => {
  it('I9 holds though the key was made on a machine whose clock is a day ahead', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + DAY });
    const { key, stub } = await openLedger();
    vi.useRealTimers();
    clock.start();
    expect((await stub.begin(key, lease(key))).kind).toBe('admitted');
    await env.DB.prepare("UPDATE api_keys SET status = 'revoked' WHERE id = ?").bind(key.id).run();
    const revoked = await getKey(openDatabase(env.DB), key.id);
    if (revoked === null) throw new Error('The key is gone.');
    await stub.sync(revoked);
    expect((await stub.begin(key, lease(key))).kind).toBe('refused');
  });

  it('I9 holds though the database was restored, and counts its revisions from an earlier one again', async () => {
    const { key, stub } = await openLedger();
    await stub.sync({ ...key, revision: key.revision + 5 });
    const later = new Date(clock.now()).toISOString();
    await stub.sync({ ...key, status: 'revoked', revision: key.revision + 1, updatedAt: later });
    expect((await stub.begin(key, lease(key))).kind).toBe('refused');
  });
});

describe('a hold', () => {
  const heldFor = async (body: object, variables: object = {}) => {
    const { key, secret } = await makeKey({ budgetDayUsd: 100 });
    const router = routerWith(variables);
    const messages = [{ role: 'user', content: 'Hi' }];
    const request = JSON.stringify({ model: 'test/slow', stream: true, messages, ...body });
    const response = await router.fetch(`${BASE_URL}/chat/completions`, {
      method: 'POST',
      body: request,
      headers: { authorization: `Bearer ${secret}` },
    });
    const { held } = await env.KEY_LEDGER.getByName(key.id).state(key);
    await response.text();
    await router.settled();
    return held;
  };

  it('is what the input and the longest answer may cost, for each answer asked for, and never more than HOLD_CAP_USD', async () => {
    const input = 8 * 1_000;
    const held = await Promise.all([
      heldFor({}),
      heldFor({ max_tokens: 100 }),
      heldFor({ max_completion_tokens: 50, max_tokens: 100, n: 3 }),
      heldFor({ max_tokens: 10_000_000 }, { HOLD_CAP_USD: '0.5' }),
    ]);
    expect(held).toEqual([input + 4_096 * 2_000, input + 100 * 2_000, input + 3 * 100 * 2_000, 500_000_000]);
  });
});

describe('what a request costs the platform', () => {
  interface Cost {
    requests: number;
    calls: number;
    rows: number;
    messages: number;
    databaseRows: number;
    cacheReads: number;
    cacheWrites: number;
    alarmAt: number | null;
  }

  /** Cloudflare's paid plan beyond what is included, USD a million: .github/docs/cost.md has where they come from. */
  function usdPerMillion({ requests, ...cost }: Cost): number {
    const workers = 0.3 + 10 * 0.02;
    const once =
      cost.calls * 0.15 +
      cost.rows +
      cost.messages * 3 * 0.4 +
      cost.databaseRows +
      cost.cacheReads * 0.5 +
      cost.cacheWrites * 5;
    return workers + once / requests;
  }

  /** A KV that counts. */
  function countingCache(cost: Cost): KVNamespace {
    return new Proxy(env.KEY_CACHE, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name === 'get') cost.cacheReads += 1;
          if (name === 'put') cost.cacheWrites += 1;
          return value.apply(target, args);
        };
      },
    });
  }

  /** A Durable Object's storage that counts the rows written, an alarm being one. Its alarm does not ring by itself. */
  function counting<T extends object>(storage: T, cost: Cost): T {
    return new Proxy(storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'sql') return counting(value as object, cost);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name === 'setAlarm') {
            cost.alarmAt = Number(args[0]);
            cost.rows += 1;
            return Promise.resolve();
          }
          const result = value.apply(target, args);
          if (name === 'exec') cost.rows += result.rowsWritten;
          return result;
        };
      },
    });
  }

  /** So many requests, so many ms apart, with alarms rung when they are due and messages delivered at once. */
  async function costOf(requests: number, apart: number): Promise<Cost> {
    const ledger = await openLedger({ budgetDayUsd: 100, rpm: 100_000 });
    const { key, secret } = ledger;
    const counts = { calls: 0, rows: 0, messages: 0, databaseRows: 0, cacheReads: 0, cacheWrites: 0 };
    const cost: Cost = { requests, ...counts, alarmAt: null };
    const jobs: Promise<unknown>[] = [];
    const cached = { DB: env.DB, KEY_CACHE: countingCache(cost) };
    const ports = { ...keyPorts(cached, (_name, job) => void jobs.push(job)), memory: newKeyMemory() };
    const LOG_QUEUE = { send: async (message: LogMessage) => void ledger.queue.push(structuredClone(message)) };
    await runInDurableObject(ledger.stub, async (_instance, state) => {
      Object.defineProperty(state, 'storage', { value: counting(state.storage, cost), configurable: true });
      const object = new KeyLedger(state, { ...env, LOG_QUEUE } as unknown as Cloudflare.Env);
      const acknowledge = (...args: Parameters<KeyLedger['acknowledge']>) => {
        cost.calls += 1;
        return object.acknowledge(...args);
      };
      const KEY_LEDGER = { getByName: () => ({ acknowledge }) };
      const batch = async (statements: D1PreparedStatement[]) => {
        const results = await env.DB.batch(statements);
        for (const { meta } of results) cost.databaseRows += meta.rows_written;
        return results;
      };
      const places = {
        ...env,
        KEY_LEDGER,
        DB: { prepare: (sql: string) => env.DB.prepare(sql), batch },
      } as unknown as Cloudflare.Env;
      const deliver = async () => {
        const messages = ledger.queue.splice(0);
        cost.messages += messages.length;
        await consumeLogs(batchOf(messages).batch, places);
      };
      const pass = async (milliseconds: number) => {
        const end = clock.now() + milliseconds;
        await deliver();
        while (cost.alarmAt !== null && cost.alarmAt <= end) {
          clock.pass(Math.max(0, cost.alarmAt - clock.now()));
          cost.alarmAt = null;
          cost.calls += 1;
          await object.alarm();
          await deliver();
        }
        clock.pass(end - clock.now());
      };
      await object.sync(key);
      cost.rows = 0;
      for (let asked = 0; asked < requests; asked += 1) {
        const request = lease(key, { holdNanoUsd: 10 });
        cost.calls += 2;
        expect((await findKey(secret, ports)).kind).toBe('found');
        await Promise.all(jobs.splice(0));
        await object.begin(key, request);
        await pass(apart / 2);
        await object.settle(key, settlement({ requestId: request.requestId, costNanoUsd: 10 }));
        await pass(apart / 2);
      }
      await pass(4 * DAY);
      expect(await pruneLogs(places.DB, requestIdFloor(clock.now()), 1_000)).toBe(requests);
    });
    expect(await ledger.rows()).toEqual([]);
    return cost;
  }

  it('a busy key: two calls and three rows of its object, three rows of D1, and few messages', {
    timeout: 20_000,
  }, async () => {
    const cost = await costOf(200, 100);
    expect(cost.calls / cost.requests).toBeLessThan(2.1);
    expect(cost.rows / cost.requests).toBeLessThan(3.15);
    expect(cost.databaseRows / cost.requests).toBeLessThan(3.1);
    expect(cost.messages / cost.requests).toBeLessThan(0.05);
    // One isolate that begins with nothing: it looks whether KV has the key, and writes it.
    expect([cost.cacheReads, cost.cacheWrites]).toEqual([1, 1]);
    expect(usdPerMillion({ ...cost, cacheReads: 0, cacheWrites: 0 })).toBeLessThan(7.1);
  });

  it('a key used once a minute: three calls and four rows of its object, five rows of D1, and a message each', {
    timeout: 20_000,
  }, async () => {
    const cost = await costOf(200, MINUTE);
    expect(cost.calls / cost.requests).toBeLessThan(3.5);
    expect(cost.rows / cost.requests).toBeLessThan(3.6);
    expect(cost.databaseRows / cost.requests).toBeLessThan(5.05);
    expect(cost.messages / cost.requests).toBeLessThanOrEqual(1);
    expect([cost.cacheReads, cost.cacheWrites]).toEqual([1, 1]);
    expect(usdPerMillion({ ...cost, cacheReads: 0, cacheWrites: 0 })).toBeLessThan(10.9);
  });
});
