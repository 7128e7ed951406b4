import { runInDurableObject } from 'cloudflare:test';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WRITE_LEASES_AFTER_MS } from '../../src/ledger/key-ledger.ts';
import {
  clock,
  drain,
  HOUR,
  type Ledger,
  lease,
  openLedger,
  SECOND,
  settlement,
  sumsOf,
  tokens,
} from '../support/ledger.ts';

/* The lease of a key without limits is in memory alone for a moment: the yes does not wait for the disk. */

// The ledger's timer is in the test's hands: a busy machine would let it ring too soon.
const held: (() => void)[] = [];
const { setTimeout: realTimeout } = globalThis;

function holdTimer(callback: () => void, milliseconds?: number): unknown {
  if (milliseconds !== WRITE_LEASES_AFTER_MS) return realTimeout(callback, milliseconds);
  return held.push(callback);
}

beforeAll(() => {
  clock.start();
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(holdTimer as typeof setTimeout);
});
beforeEach(() => void held.splice(0));
afterAll(() => void vi.restoreAllMocks());

/** The timer rings. */
const written = ({ stub }: Ledger) =>
  runInDurableObject(stub, () => {
    for (const ring of held.splice(0)) ring();
  });

/** The object dies, and its timer with it. */
async function kill(ledger: Ledger): Promise<void> {
  held.length = 0;
  await ledger.kill();
}

async function onDisk({ stub }: Ledger) {
  return await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    const rows = sql.exec<{ leases: number; settled: number }>(
      'SELECT count(lease) AS leases, count(settled_at) AS settled FROM requests',
    );
    return rows.one();
  });
}

describe('the lease of a key without limits', () => {
  it('is written by one timer with all that came meanwhile, sooner than a killed request must leave a row', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    const asked = Array.from({ length: 20 }, () => lease(key, { holdNanoUsd: 10 }));
    const answers = await Promise.all(asked.map((request) => stub.begin(key, request)));
    expect(answers.every(({ kind }) => kind === 'admitted')).toBe(true);
    expect(await stub.sums()).toMatchObject({ openLeases: 20, heldNanoUsd: 200 });
    expect(await onDisk(ledger)).toEqual({ leases: 0, settled: 0 });
    expect(held).toHaveLength(1);
    expect(WRITE_LEASES_AFTER_MS).toBeLessThan(250 / 2);
    await written(ledger);
    await kill(ledger);
    expect(await onDisk(ledger)).toEqual({ leases: 20, settled: 0 });
    expect(await stub.sums()).toMatchObject({ openLeases: 20, heldNanoUsd: 200 });
    // I8 I2: each becomes a row when its time is over.
    clock.pass(HOUR);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ held: 0, openLeases: 0, rows: 20 });
  });

  it('is never written where the request is settled before', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    const { requestId } = lease(key);
    await stub.begin(key, lease(key, { requestId, holdNanoUsd: 10 }));
    expect(await onDisk(ledger)).toEqual({ leases: 0, settled: 0 });
    await stub.settle(key, settlement({ requestId, costNanoUsd: 7 }));
    await written(ledger);
    expect(await onDisk(ledger)).toEqual({ leases: 0, settled: 1 });
    // I2: asked again, the same id gets the first answer, and opens nothing.
    expect(await stub.begin(key, lease(key, { requestId, holdNanoUsd: 10 }))).toMatchObject({ kind: 'admitted' });
    await written(ledger);
    expect(await onDisk(ledger)).toEqual({ leases: 0, settled: 1 });
    expect(await stub.sums()).toMatchObject({ openLeases: 0, heldNanoUsd: 0, ledgerNanoUsd: 7 });
  });

  it('I4 I5 that was lost with its object: the settlement counts all the same, once', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    const { requestId } = lease(key);
    await stub.begin(key, lease(key, { requestId, holdNanoUsd: 10 }));
    await kill(ledger);
    expect(await stub.sums()).toMatchObject({ openLeases: 0, heldNanoUsd: 0 });
    const said = settlement({ requestId, costNanoUsd: 7, usage: tokens(3) });
    expect(await stub.settle(key, said)).toMatchObject({ kind: 'settled' });
    await kill(ledger);
    expect(await stub.settle(key, said)).toMatchObject({ kind: 'duplicate' });
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 7, d1: 7, daily: 7, rows: 1, requests: 1 });
    const [row] = await ledger.rows();
    expect(row).toMatchObject({ kind: 'settle', owner: key.owner, team: null, costNanoUsd: 7 });
  });

  it('I5 that was lost and is asked for again runs anew, and ends with one row', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    const asked = lease(key, { holdNanoUsd: 10 });
    await stub.begin(key, asked);
    await kill(ledger);
    expect(await stub.begin(key, asked)).toMatchObject({ kind: 'admitted' });
    await written(ledger);
    expect(await stub.begin(key, asked)).toMatchObject({ kind: 'admitted' });
    expect(await stub.sums()).toMatchObject({ openLeases: 1, heldNanoUsd: 10 });
    await stub.settle(key, settlement({ requestId: asked.requestId, costNanoUsd: 7 }));
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 7, held: 0, openLeases: 0, rows: 1 });
  });

  it('I5 is on disk with the first word of how far its request is', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    const { requestId } = lease(key);
    await stub.begin(key, lease(key, { requestId, holdNanoUsd: 10, inputCostNanoUsd: 1 }));
    await stub.checkpoint({ requestId, usage: tokens(3), costNanoUsd: 5 });
    await kill(ledger);
    expect(await stub.sums()).toMatchObject({ openLeases: 1, heldNanoUsd: 10 });
    clock.pass(HOUR);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 5, rows: 1 });
  });

  it('I2 runs out as it is, though nobody wrote it down', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    await stub.begin(key, lease(key, { holdNanoUsd: 10, inputCostNanoUsd: 4 }));
    clock.pass(HOUR);
    await stub.state(key);
    await written(ledger);
    expect(await onDisk(ledger)).toEqual({ leases: 0, settled: 1 });
    clock.pass(5 * SECOND);
    await drain(ledger);
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 4, held: 0, openLeases: 0, rows: 1 });
  });
});

describe('the lease of a key with a limit', () => {
  it.each([{ rpm: 10 }, { tpm: 1_000 }, { maxConcurrent: 2 }, { budgetMonthUsd: 1 }])(
    'I5 I7 is on disk before the yes: %o',
    async (limits) => {
      const ledger = await openLedger(limits);
      await ledger.stub.begin(ledger.key, lease(ledger.key, { holdNanoUsd: 10 }));
      await kill(ledger);
      expect(await onDisk(ledger)).toEqual({ leases: 1, settled: 0 });
    },
  );

  it('I5 is on disk from the first request on that knows of the limit', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    await stub.begin(key, lease(key));
    const limited = { ...key, rpm: 10, revision: key.revision + 1 };
    await stub.begin(limited, lease(key));
    // A Worker that knows nothing of it yet.
    await stub.begin(key, lease(key));
    expect(await onDisk(ledger)).toEqual({ leases: 2, settled: 0 });
    await kill(ledger);
    expect(await stub.sums()).toMatchObject({ openLeases: 2 });
  });
});
