import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KeyLedger } from '../../src/ledger/key-ledger.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { clock, SECOND } from '../support/ledger.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider } from '../support/provider.ts';
import { asked, completion } from './asking.ts';

let provider: ReturnType<typeof playProvider> | null = null;
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a ledger that cannot be reached', () => {
  const dead = () => Promise.reject(new Error('the object is gone'));
  const unreachable = { getByName: () => ({ begin: dead, settle: dead, checkpoint: dead }) };
  const stuck = { getByName: () => ({ begin: () => new Promise(() => undefined), settle: dead, checkpoint: dead }) };

  it.each([
    ['fails', unreachable],
    ['hangs', stuck],
  ])('that %s: a key with limits is refused, and told when to come back', async (_how, KEY_LEDGER) => {
    provider = playProvider(() => completion());
    const { secret } = await makeKey({ rpm: 5 });
    const response = await routerWith({ KEY_LEDGER }).fetch(...asked(secret));
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ error: { code: 'ledger_unavailable' } });
    expect(provider.seen).toHaveLength(0);
  });

  it('I8 that says yes, and whose answer is lost: what it had set aside is given back', async () => {
    provider = playProvider(() => completion());
    const { key, secret } = await makeKey({ maxConcurrent: 1, budgetDayUsd: 1 });
    const stub = env.KEY_LEDGER.getByName(key.id);
    const begin = async (...args: Parameters<KeyLedger['begin']>) => {
      await stub.begin(...args);
      throw new Error('the answer is lost');
    };
    const settle = async (...args: Parameters<KeyLedger['settle']>) => stub.settle(...args);
    const router = routerWith({ KEY_LEDGER: { getByName: () => ({ begin, settle }) } });
    const response = await router.fetch(...asked(secret));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    await router.settled();
    expect(await stub.sums()).toMatchObject({ heldNanoUsd: 0, openLeases: 0 });
    expect(await ledgerRow(key.id, response)).toMatchObject({ end: 'rejected', errorCode: 'ledger_unavailable' });
  });

  it('I2 a key without limits is served, and settled through the queue', { timeout: 15_000 }, async () => {
    provider = playProvider(() => completion());
    const { key, secret } = await makeKey();
    const router = routerWith({ KEY_LEDGER: unreachable });
    const response = await router.fetch(...asked(secret));
    expect(response.status).toBe(200);
    await router.settled();
    const found = async () =>
      expect(await ledgerRow(key.id, response)).toMatchObject({ source: 'reported', usage: { inputTokens: 10 } });
    await vi.waitFor(found, { timeout: 8_000 });
  });
});

describe('storage that fails', () => {
  const failing = new Proxy({}, { get: () => () => Promise.reject(new Error('storage fails')) });
  const broken = {
    prepare: () => ({ bind: () => failing, all: () => failing }),
    batch: () => Promise.reject(new Error('D1 fails')),
  };

  it('KV alone is no reason to refuse anybody', async () => {
    provider = playProvider(() => completion());
    const { secret } = await makeKey({ rpm: 5 });
    expect((await routerWith({ KEY_CACHE: failing }).fetch(...asked(secret))).status).toBe(200);
  });

  it('I10 while D1 and KV fail for ten minutes, keys that were seen are served and settled', {
    timeout: 15_000,
  }, async () => {
    provider = playProvider(() => completion());
    clock.start();
    const { key, secret } = await makeKey({ rpm: 100 });
    expect((await routerWith({}).fetch(...asked(secret))).status).toBe(200);
    const router = routerWith({ DB: broken, KEY_CACHE: failing });
    for (let minute = 0; minute < 10; minute += 1) {
      expect((await router.fetch(...asked(secret))).status).toBe(200);
      clock.pass(60 * SECOND);
    }
    await router.settled();
    expect(await env.KEY_LEDGER.getByName(key.id).sums()).toMatchObject({ outbox: 11, openLeases: 0 });
  });
});
