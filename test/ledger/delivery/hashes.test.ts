import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { settleRequest } from '../../../src/ledger/client.ts';
import { consumeLogs } from '../../../src/ledger/delivery/consumer.ts';
import { settleMessage } from '../../../src/ledger/delivery/message.ts';
import { makeKey } from '../../support/keys.ts';
import { batchOf, clock, lease, openLedger, settlement } from '../../support/ledger.ts';
import { internal } from '../../support/router.ts';

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

describe('a settlement that goes through the queue', () => {
  it('I11 carries no hash of its key, and neither does a dead letter', async () => {
    const { key } = await makeKey();
    const sent: unknown[] = [];
    const LOG_QUEUE = { send: async (message: unknown) => void sent.push(message) };
    const dead = () => Promise.reject(new Error('the object is gone'));
    await settleRequest({ LOG_QUEUE, KEY_LEDGER: { getByName: () => ({ settle: dead }) } } as never, key, settlement());
    expect(sent).toHaveLength(1);
    expect(JSON.stringify(sent)).not.toContain(key.hash);
    // The version before sent the whole key, and its message may end as a letter.
    const letter = { kind: 'letter', id: 'letter-of-old', reason: 'too many retries' };
    const body = { kind: 'settle', key: { ...key, previousHash: key.hash }, settlement: settlement() };
    await consumeLogs(batchOf([{ ...letter, body }]).batch, env);
    const shown = await (await internal('/internal/ledger/dead-letters')).text();
    expect(shown).toContain('letter-of-old');
    expect(shown).not.toContain(key.hash);
    expect((await internal('/internal/ledger/dead-letters/letter-of-old/retry', { method: 'POST' })).status).toBe(200);
  });

  it('changes nothing of what the ledger knows of its key, and lets the key in afterwards', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    await consumeLogs(batchOf([settleMessage(key, settlement({ costNanoUsd: 5 }))]).batch, env);
    expect((await stub.begin(key, lease(key))).kind).toBe('admitted');
    await consumeLogs(batchOf([settleMessage(key, settlement({ costNanoUsd: 6 }))]).batch, env);
    expect((await stub.begin(key, lease(key))).kind).toBe('admitted');
    expect((await ledger.rows()).map(({ owner, costNanoUsd }) => [owner, costNanoUsd]).toSorted()).toEqual([
      [key.owner, 5],
      [key.owner, 6],
    ]);
  });
});
