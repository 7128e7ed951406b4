import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { consumeLogs } from '../../src/ledger/delivery/consumer.ts';
import { batchOf, clock, DAY, type Ledger, lease, MINUTE, openLedger, SECOND, settlement } from '../support/ledger.ts';

/* The platform takes an object out of memory seconds or minutes after its last call: what it knew then is gone. */

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

async function request({ key, stub }: Ledger): Promise<void> {
  const asked = lease(key, { holdNanoUsd: 10 });
  await stub.begin(key, asked);
  await stub.settle(key, settlement({ requestId: asked.requestId, costNanoUsd: 10 }));
}

/** Has the object send what is due and D1 confirm it. Answers how many rows went. */
async function deliver(ledger: Ledger): Promise<number> {
  await ledger.ring();
  const messages = ledger.queue.splice(0);
  await consumeLogs(batchOf(messages).batch, env);
  return messages.reduce((sum, message) => sum + (message.kind === 'rows' ? message.rows.length : 0), 0);
}

describe('a ledger that sleeps', () => {
  it.each([1, 3, 30, 155])(
    'knows after %i requests what D1 has confirmed, though nothing came after',
    async (count) => {
      const ledger = await openLedger();
      for (let asked = 0; asked < count; asked += 1) await request(ledger);
      clock.pass(5 * SECOND);
      expect(await deliver(ledger)).toBe(count);
      await ledger.evict();
      expect(await ledger.stub.sums()).toMatchObject({ outbox: 0, ledgerNanoUsd: 10 * count });
      clock.pass(MINUTE);
      expect(await deliver(ledger)).toBe(0);
    },
  );

  it('sends what it may have forgotten as soon as somebody looks', async () => {
    const ledger = await openLedger();
    await request(ledger);
    await ledger.ring();
    ledger.queue.splice(0);
    await ledger.evict();
    expect(await ledger.stub.sums()).toMatchObject({ outbox: 1 });
    clock.pass(5 * SECOND);
    expect(await deliver(ledger)).toBe(1);
    expect(await ledger.stub.sums()).toMatchObject({ outbox: 0 });
  });

  it('between any two requests sends each row once, and forgets it after its days', {
    timeout: 20_000,
  }, async () => {
    const ledger = await openLedger();
    const requests = 40;
    let sent = 0;
    for (let asked = 0; asked < requests; asked += 1) {
      await request(ledger);
      clock.pass(5 * SECOND);
      sent += await deliver(ledger);
      await ledger.kill();
      clock.pass(10 * MINUTE);
    }
    expect(sent).toBe(requests);
    expect(await ledger.stub.sums()).toMatchObject({ ledgerNanoUsd: 10 * requests });
    clock.pass(4 * DAY);
    await deliver(ledger);
    await ledger.ring();
    expect(await ledger.rows()).toEqual([]);
    expect(await ledger.stub.sums()).toMatchObject({ outbox: 0, ledgerNanoUsd: 10 * requests });
  });
});
