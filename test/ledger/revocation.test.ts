import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ApiKey } from '../../src/store/schema.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { clock, SECOND } from '../support/ledger.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider } from '../support/provider.ts';
import { get, internal } from '../support/router.ts';
import { asked, hanging } from './asking.ts';

let provider: ReturnType<typeof playProvider> | null = null;
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a revocation', () => {
  const status = async (secret: string) => {
    const response = await get('/v1/chat/completions', asked(secret, { model: 'test/echo' })[1]);
    await response.text();
    return response.status;
  };

  it.each([
    ['a key', (key: ApiKey) => internal(`/internal/keys/${key.id}`, { method: 'DELETE' })],
    [
      'its owner',
      (key: ApiKey) => internal(`/internal/users/${key.owner}`, { method: 'PATCH', body: '{"status":"disabled"}' }),
    ],
  ])(
    'I9 of %s through /internal holds from the next request on, in a Worker too that has not heard of it',
    async (_what, revoke) => {
      vi.spyOn(console, 'log').mockImplementation(() => undefined);
      const { key, secret } = await makeKey();
      expect(await status(secret)).toBe(200);
      const before = { ...key };
      expect((await revoke(key)).status).toBe(200);
      expect(await status(secret)).toBe(401);
      expect((await get('/v1/models', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401);
      // The object knows the newest row that anybody has shown it: an old one changes nothing.
      const request = {
        requestId: 'req_x',
        keyHash: key.hash,
        holdNanoUsd: 0,
        inputEstimate: 0,
        inputCostNanoUsd: 0,
        priced: true,
      };
      const facts = {
        provider: 'test',
        model: 'echo',
        endpoint: 'chat',
        requestedModel: null,
        session: null,
        tags: null,
        stream: false,
        startedAt: 0,
        colo: null,
        priceRevision: null,
      };
      const answer = await env.KEY_LEDGER.getByName(key.id).begin(before, { ...request, ...facts });
      expect(answer).toMatchObject({ kind: 'refused', reason: 'disabled' });
    },
  );

  it.each([
    ['a busy', 10],
    ['a quiet', 60],
  ])('I9 by plain SQL holds within sixty seconds on %s key', async (_what, pace) => {
    clock.start();
    const { key, secret } = await makeKey();
    for (let second = 0; second < 30; second += pace) {
      if (second > 0) clock.pass(pace * SECOND);
      expect(await status(secret)).toBe(200);
    }
    await env.DB.prepare("UPDATE api_keys SET status = 'disabled' WHERE id = ?").bind(key.id).run();
    for (let second = 0; second < 60; second += pace) {
      clock.pass(pace * SECOND);
      if (second + pace < 60) await status(secret);
    }
    for (let count = 0; count < 3; count += 1) expect(await status(secret)).toBe(401);
  });

  it('I9 ends an answer that comes in one piece too, and what the provider may have done is billed', async () => {
    const { key, secret } = await makeKey();
    provider = playProvider(hanging);
    const router = routerWith({ LEASE_TTL_MS: '600' });
    const answer = router.fetch(...asked(secret));
    await vi.waitFor(() => expect(provider?.seen).toHaveLength(1), { timeout: 10_000 });
    await internal(`/internal/keys/${key.id}`, { method: 'DELETE' });
    expect((await answer).status).toBe(401);
    const row = await ledgerRow(key.id, await answer);
    expect(row).toMatchObject({ end: 'rejected', source: 'estimated', errorCode: 'invalid_api_key' });
    expect(row?.costNanoUsd).toBeGreaterThan(0);
  });

  it('I9 ends a running stream with an error frame at its next checkpoint, and the stream is billed', {
    timeout: 15_000,
  }, async () => {
    const { key, secret } = await makeKey();
    const router = routerWith({ LEASE_TTL_MS: '600' });
    const content = 'word '.repeat(40);
    const response = await router.fetch(
      ...asked(secret, { model: 'test/slow', stream: true, messages: [{ role: 'user', content }] }),
    );
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? '';
    await internal(`/internal/keys/${key.id}`, { method: 'DELETE' });
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) text += piece.value;
    expect(text).not.toContain('[DONE]');
    expect(text.trimEnd().split('\n\n').at(-1)).toContain('"code":"invalid_api_key"');
    await router.settled();
    const row = await ledgerRow(key.id, response);
    expect(row).toMatchObject({ end: 'rejected', source: 'estimated', errorCode: 'invalid_api_key' });
    expect(row?.costNanoUsd).toBeGreaterThan(0);
    expect(row?.usage.outputTokens).toBeLessThan(40);
  });
});
