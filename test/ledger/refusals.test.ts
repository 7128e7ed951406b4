import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Settlement } from '../../src/ledger/calls.ts';
import { consumeLogs } from '../../src/ledger/delivery/consumer.ts';
import type { KeyLedger } from '../../src/ledger/key-ledger.ts';
import { createTables } from '../../src/ledger/tables.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import {
  batchOf,
  clock,
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
import { internal } from '../support/router.ts';

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

/** A refusal of a request that never began. */
function refused(changes: Partial<Settlement> = {}): Settlement {
  return settlement({
    end: 'rejected',
    source: 'none',
    status: 402,
    errorCode: 'budget_exceeded',
    repeated: 0,
    ...changes,
  });
}

function untilNextMinute(): void {
  clock.pass(MINUTE - (clock.now() % MINUTE));
}

/** Tells the ledger of so many, and what it said of each. */
async function tell({ key, stub }: Ledger, refusals: readonly Settlement[]): Promise<string[]> {
  return runInDurableObject(stub, async (object) => {
    const kinds: string[] = [];
    for (const each of refusals) kinds.push((await object.settle(key, each)).kind);
    return kinds;
  });
}

const many = (count: number) => Array.from({ length: count }, () => refused());

function countsOf(rows: readonly { repeated: number | null }[]): number[] {
  return rows.map(({ repeated }) => repeated ?? 0).filter((count) => count > 0);
}

describe('the refusals of a minute', () => {
  it('I1 I2 I3 are thirty rows, and the last of them counts the rest: evicted, sent twice, acknowledged or not', async () => {
    untilNextMinute();
    const ledger = await openLedger({ budgetDayUsd: 0 });
    const first = many(20);
    expect(await tell(ledger, first)).toEqual(first.map(() => 'settled'));
    await ledger.evict();
    const second = many(40);
    const kinds = await tell(ledger, second);
    expect(kinds).toEqual(second.map((_, position) => (position < 10 ? 'settled' : 'folded')));
    await ledger.evict();
    // A call whose answer was lost is made again.
    expect(new Set(await tell(ledger, [...first, ...second]))).toEqual(new Set(['duplicate']));
    // What counts waits for the minute's end; all else goes its way.
    await ledger.ring();
    const early = ledger.queue.splice(0);
    await consumeLogs(batchOf([...early, ...early]).batch, env);
    expect(await ledger.stub.sums()).toMatchObject({ outbox: 1, counting: 1 });
    expect((await sumsOf(ledger)).requests).toBe(29);
    clock.pass(30 * SECOND);
    expect(await tell(ledger, many(5))).toEqual(many(5).map(() => 'folded'));
    untilNextMinute();
    await ledger.evict();
    await ledger.ring();
    const late = ledger.queue.splice(0);
    await consumeLogs(batchOf([...late, ...late, ...early]).batch, env);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ rows: 30, requests: 65, ledger: 0, d1: 0, daily: 0 });
    expect(countsOf(await ledger.rows())).toEqual([35]);
    const errors = 'SELECT errors FROM usage_daily WHERE key_id = ?';
    expect(await env.DB.prepare(errors).bind(ledger.key.id).first()).toEqual({ errors: 65 });
    const shown = await (await internal(`/internal/logs?key=${ledger.key.id}`)).json<{
      data: { repeated: number }[];
    }>();
    expect(countsOf(shown.data)).toEqual([35]);
  });

  it('are one row that counts, however many isolates bring what they have counted', async () => {
    untilNextMinute();
    const ledger = await openLedger();
    const kinds = await tell(ledger, [
      refused({ repeated: 10 }),
      refused(),
      refused({ repeated: 200 }),
      refused(),
      refused({ repeated: 7 }),
    ]);
    expect(kinds).toEqual(['settled', 'settled', 'folded', 'settled', 'folded']);
    untilNextMinute();
    await drain(ledger);
    expect(countsOf(await ledger.rows())).toEqual([219]);
    expect(await sumsOf(ledger)).toMatchObject({ rows: 3, requests: 222 });
  });

  it('begin anew with each minute, and end with it though nobody asks', async () => {
    untilNextMinute();
    const ledger = await openLedger();
    for (let minute = 0; minute < 3; minute += 1) {
      await tell(ledger, many(31));
      clock.pass(MINUTE);
    }
    await tell(ledger, many(30));
    const alarmAt = await runInDurableObject(ledger.stub, (_instance, { storage }) => storage.getAlarm());
    expect((alarmAt ?? 0) - clock.now()).toBeLessThanOrEqual(MINUTE);
    clock.pass(MINUTE);
    await drain(ledger);
    expect(countsOf(await ledger.rows())).toEqual([1, 1, 1]);
    expect(await sumsOf(ledger)).toMatchObject({ rows: 120, requests: 123 });
  });

  it('are under way for who settles now, and are not waited for', async () => {
    untilNextMinute();
    const ledger = await openLedger();
    await tell(ledger, many(31));
    expect(await ledger.stub.nudge()).toMatchObject({ sent: 29, unacknowledged: 29, counting: 1 });
    // Sent once more by a repair, what still counts stays where it is.
    await ledger.stub.resend();
    clock.pass(MINUTE);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ rows: 30, requests: 31 });
  });

  it('count those too that come through the queue, hours late', async () => {
    untilNextMinute();
    const ledger = await openLedger();
    const old = refused({ requestId: requestId(clock.now() - 5 * HOUR) });
    await tell(ledger, many(30));
    expect(await tell(ledger, [old])).toEqual(['folded']);
    // Rows that D1 has raise the floor from which a start reads.
    await ledger.ring();
    await consumeLogs(batchOf(ledger.queue.splice(0)).batch, env);
    await ledger.evict();
    expect(await tell(ledger, [old])).toEqual(['duplicate']);
    await tell(ledger, many(1));
    clock.pass(MINUTE);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ rows: 30, requests: 32 });
  });

  it('are forgotten after three days, those without a row of their own too', async () => {
    untilNextMinute();
    const ledger = await openLedger();
    await tell(ledger, many(40));
    clock.pass(MINUTE);
    await drain(ledger);
    clock.pass(74 * HOUR);
    await ledger.ring();
    const left = await runInDurableObject(ledger.stub, (_instance, { storage }) =>
      storage.sql.exec<{ count: number }>('SELECT count(*) AS count FROM requests').one(),
    );
    expect(left.count).toBe(0);
  });

  it('give a lease back at once, and in a row of its own, where the request has begun', async () => {
    untilNextMinute();
    const ledger = await openLedger({ maxConcurrent: 1 });
    await tell(ledger, many(35));
    const request = lease(ledger.key, { holdNanoUsd: 5 });
    await ledger.stub.begin(ledger.key, request);
    expect(await tell(ledger, [refused({ requestId: request.requestId })])).toEqual(['settled']);
    expect(await ledger.stub.sums()).toMatchObject({ openLeases: 0, heldNanoUsd: 0 });
    expect((await ledger.rows()).some(({ requestId }) => requestId === request.requestId)).toBe(true);
  });

  it('bring back what the next request of their key would be told', async () => {
    const { key, stub } = await openLedger({ tpm: 10 });
    await stub.settle(key, settlement({ usage: tokens(10) }));
    expect((await stub.settle(key, refused())).standing).toMatchObject({ reason: 'tpm', lastsMs: MINUTE });
    clock.pass(MINUTE);
    expect((await stub.settle(key, refused())).standing).toBeNull();
  });
});

describe('a ledger of the version before', () => {
  /** The tables as that version made them, with a row, a lease and a key. */
  const OLD = `
    DROP TABLE requests; DELETE FROM marks;
    CREATE TABLE requests (
      request_id TEXT NOT NULL, kind TEXT NOT NULL, admitted_at INTEGER,
      expires_at INTEGER, lease TEXT, checkpoint TEXT,
      settled_at INTEGER, position INTEGER, tokens INTEGER, row TEXT, refusal TEXT,
      PRIMARY KEY (request_id, kind)
    ) WITHOUT ROWID`;

  it('is brought up to date while it lives, once, and all that it knows goes on', async () => {
    untilNextMinute();
    const ledger = await openLedger({ maxConcurrent: 5 });
    const { key, stub } = ledger;
    await stub.sync(key);
    const { endpoint: _e, session: _s, tags: _t, notice: _n, repeated: _r, ...old } = settlement({ costNanoUsd: 10 });
    const row = { ...old, kind: 'settle', keyId: key.id, owner: key.owner, purpose: key.purpose, day: '2027-01-01' };
    const { endpoint: _le, session: _ls, tags: _lt, ...request } = lease(key, { inputCostNanoUsd: 7, holdNanoUsd: 9 });
    await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
      sql.exec(OLD);
      const settled = [row.requestId, clock.now(), clock.now(), 1, 0, JSON.stringify(row)];
      sql.exec(
        `INSERT INTO requests (request_id, kind, admitted_at, settled_at, position, tokens, row)
         VALUES (?, 'settle', ?, ?, ?, ?, ?)`,
        ...settled,
      );
      sql.exec(
        `INSERT INTO requests (request_id, kind, admitted_at, expires_at, lease) VALUES (?, 'settle', ?, ?, ?)`,
        ...[request.requestId, clock.now(), clock.now() + MINUTE, JSON.stringify(request)],
      );
    });
    await ledger.evict();
    expect(await stub.sums()).toMatchObject({ openLeases: 1, heldNanoUsd: 9, outbox: 1 });
    expect(await tell(ledger, many(40))).toContain('folded');
    await runInDurableObject(stub, (_instance, { storage }) => createTables(storage.sql));
    await ledger.evict();
    clock.pass(2 * MINUTE);
    await stub.state(key);
    await drain(ledger);
    // The sum of what was settled was in another table, which this test has left empty.
    expect(await sumsOf(ledger)).toMatchObject({ d1: 17, rows: 32, requests: 42, openLeases: 0, held: 0 });
  });
});

it('a refusal that was kept under other variables goes on', async () => {
  untilNextMinute();
  const ledger = await openLedger();
  await tell(ledger, many(33));
  await withVariables(ledger, { BUDGET_UTC_OFFSET: '+08:00' }, async (object: KeyLedger) => {
    clock.pass(MINUTE);
    await object.wake();
  });
  await ledger.evict();
  await drain(ledger);
  expect(await sumsOf(ledger)).toMatchObject({ rows: 30, requests: 33 });
});
