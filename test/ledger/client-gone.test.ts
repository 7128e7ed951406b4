import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KeyLedger } from '../../src/ledger/key-ledger.ts';
import { type ImpatientRouter, routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { asked, delta, hanging, pause, usage } from './asking.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a client that leaves', () => {
  const chunks = [...Array.from({ length: 20 }, () => delta('word ')), delta('', 'stop', { usage })];

  async function leaveAfter(router: ImpatientRouter, secret: string, reads: number): Promise<Response> {
    const response = await router.fetch(...asked(secret, { stream: true }));
    const reader = response.body?.getReader();
    for (let read = 0; read < reads; read += 1) await reader?.read();
    await reader?.cancel();
    return response;
  }

  it('I6 at any chunk leaves a row with the numbers of the provider', { timeout: 20_000 }, async () => {
    const { key, secret } = await makeKey();
    playProvider(() => streamOf(sse(chunks), { pace: 20 }));
    const router = routerWith({});
    const responses = await Promise.all(Array.from({ length: 8 }, (_, reads) => leaveAfter(router, secret, reads)));
    await router.settled();
    for (const response of responses) {
      expect(await ledgerRow(key.id, response)).toMatchObject({
        source: 'reported',
        usage: { inputTokens: 10, outputTokens: 5 },
      });
    }
    expect(await env.KEY_LEDGER.getByName(key.id).sums()).toMatchObject({ openLeases: 0, outbox: 8 });
  });

  it.each([
    ['messages', { max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }],
    ['responses', { input: 'Hi' }],
  ])(
    'I6 at any chunk of %s leaves the same row, with the name of that door',
    { timeout: 20_000 },
    async (door, body) => {
      const { key, secret } = await makeKey();
      playProvider(() => streamOf(sse(chunks), { pace: 20 }));
      const router = routerWith({});
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
      const asks = JSON.stringify({ model: 'deepseek/deepseek-flash', stream: true, ...body });
      const leaveThen = async (reads: number): Promise<Response> => {
        const response = await router.fetch(`http://router.test/v1/${door}`, { method: 'POST', headers, body: asks });
        const reader = response.body?.getReader();
        for (let read = 0; read < reads; read += 1) await reader?.read();
        await reader?.cancel();
        return response;
      };
      const responses = await Promise.all([0, 1, 3, 9].map(leaveThen));
      await router.settled();
      for (const response of responses) {
        expect(await ledgerRow(key.id, response)).toMatchObject({
          endpoint: door,
          source: 'reported',
          usage: { inputTokens: 10, outputTokens: 5 },
        });
      }
      expect(await env.KEY_LEDGER.getByName(key.id).sums()).toMatchObject({ openLeases: 0, outbox: 4 });
    },
  );

  it('I8 before the ledger has said yes leaves neither a lease nor a hold', async () => {
    const { key, secret } = await makeKey({ maxConcurrent: 1, budgetDayUsd: 1 });
    const stub = env.KEY_LEDGER.getByName(key.id);
    const client = new AbortController();
    const begin = async (...args: Parameters<KeyLedger['begin']>) => {
      const admission = await stub.begin(...args);
      client.abort();
      await pause(100);
      return admission;
    };
    const settle = async (...args: Parameters<KeyLedger['settle']>) => stub.settle(...args);
    playProvider(hanging);
    const router = routerWith({ KEY_LEDGER: { getByName: () => ({ begin, settle }) }, DRAIN_MS: '50' });
    const answer = router.fetch(...asked(secret, {}, client.signal));
    // The runtime ends with the client what nobody keeps alive.
    await vi.waitFor(() => expect(client.signal.aborted).toBe(true), { timeout: 10_000 });
    await router.settled();
    expect(await stub.sums()).toMatchObject({ heldNanoUsd: 0, openLeases: 0 });
    expect(await ledgerRow(key.id, null)).toMatchObject({ end: 'client_gone', source: 'estimated' });
    await answer;
  });
});
