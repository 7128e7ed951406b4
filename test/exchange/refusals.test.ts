import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LedgerRow } from '../../src/ledger/calls.ts';
import type { KeyLedger } from '../../src/ledger/key-ledger.ts';
import { asked, completion } from '../ledger/asking.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey, makeUsedKey } from '../support/keys.ts';
import { clock, DAY, MINUTE, SECOND, settlement, tokens } from '../support/ledger.ts';
import { ledgerRows } from '../support/ledger-row.ts';
import { playProvider } from '../support/provider.ts';
import { BASE_URL, internal } from '../support/router.ts';

/* What a refused request costs: no body read, a bounded number of calls and rows, and every one of them counted. */

beforeAll(() => {
  clock.start();
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterAll(() => void vi.restoreAllMocks());

type Calls = Record<'begin' | 'settle', number>;

/** A Worker, and how often it has called the ledger. */
function countingRouter() {
  const calls: Calls = { begin: 0, settle: 0 };
  const getByName = (id: string) => {
    const stub = env.KEY_LEDGER.getByName(id);
    return {
      begin: async (...args: Parameters<KeyLedger['begin']>) => {
        calls.begin += 1;
        return stub.begin(...args);
      },
      settle: async (...args: Parameters<KeyLedger['settle']>) => {
        calls.settle += 1;
        return stub.settle(...args);
      },
    };
  };
  return { calls, ...routerWith({ KEY_LEDGER: { getByName } }) };
}

type Router = ReturnType<typeof countingRouter>;

/** Asks with a body that tells whether it was read. */
async function askUnread(router: Router, secret: string) {
  let isRead = false;
  const body = new ReadableStream(
    {
      pull(controller) {
        isRead = true;
        controller.enqueue(new TextEncoder().encode('{"model":'));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { authorization: `Bearer ${secret}` };
  const response = await router.fetch(`${BASE_URL}/chat/completions`, { method: 'POST', body, headers });
  return { response, status: response.status, isRead };
}

const TEST = { model: 'test/echo' };

async function ask(router: Router, secret: string, body: object = TEST): Promise<number> {
  const response = await router.fetch(...asked(secret, body));
  await response.text();
  return response.status;
}

/** How many refusals the rows of a key stand for. */
function refusedIn(rows: readonly LedgerRow[]): number {
  return rows.filter(({ end }) => end === 'rejected').reduce((sum, { repeated }) => sum + 1 + (repeated ?? 0), 0);
}

describe('a key that is refused whatever it asks for', () => {
  it.each([
    ['a full minute', { rpm: 1, tpm: 1_000_000 }, 429, 'rate_limit_exceeded'],
    ['a minute full of tokens', { tpm: 1_000 }, 429, 'rate_limit_exceeded'],
    ['a day whose budget is used up', { budgetDayUsd: 0.000_001 }, 402, 'budget_exceeded'],
    ['a total budget that is used up', { budgetTotalUsd: 0.000_001 }, 402, 'budget_exceeded'],
    ['a budget of nothing', { budgetMonthUsd: 0 }, 402, 'budget_exceeded'],
  ])('for %s: no body is read once it is known', async (_why, limits, status, code) => {
    const { key, secret } = await makeKey(limits);
    const stub = env.KEY_LEDGER.getByName(key.id);
    const router = countingRouter();
    if ('rpm' in limits) expect(await ask(router, secret)).toBe(200);
    else await stub.settle(key, settlement({ costNanoUsd: 1_000, usage: tokens(1_000) }));
    expect(await ask(router, secret)).toBe(status);
    await router.settled();
    const before = { ...router.calls };
    clock.pass(2 * SECOND);
    const { isRead, response } = await askUnread(router, secret);
    expect([response.status, isRead]).toEqual([status, false]);
    expect(await response.json()).toMatchObject({ error: { code } });
    expect(router.calls).toEqual({ ...before, settle: before.settle + 1 });
    await router.settled();
    expect((await ledgerRows(key.id)).at(-1)).toMatchObject({ endpoint: 'chat', end: 'rejected', errorCode: code });
  });

  it.each([
    ['revoked', { status: 'revoked' }, 'key_revoked'],
    ['disabled', { status: 'disabled' }, 'key_disabled'],
    ['expired', { expires_at: '2026-01-01T00:00:00Z' }, 'key_expired'],
  ])('for being %s: no body is read', async (_state, change, errorCode) => {
    const { key, secret } = await makeUsedKey();
    const [[column = '', value] = []] = Object.entries(change);
    await env.DB.prepare(`UPDATE api_keys SET ${column} = ? WHERE id = ?`).bind(value, key.id).run();
    const router = countingRouter();
    expect(await askUnread(router, secret)).toMatchObject({ status: 401, isRead: false });
    await router.settled();
    expect(await ledgerRows(key.id)).toMatchObject([{ endpoint: 'chat', errorCode }]);
  });

  it('is known to be so from the refusal of a body, too', async () => {
    const { secret } = await makeKey({ budgetDayUsd: 0 });
    const router = countingRouter();
    expect(await ask(router, secret, { model: 5 })).toBe(400);
    await router.settled();
    expect(await askUnread(router, secret)).toMatchObject({ status: 402, isRead: false });
    expect(router.calls.begin).toBe(0);
  });

  it('says when to come back, counted from when it is told', async () => {
    const { secret } = await makeKey({ rpm: 1 });
    const router = countingRouter();
    await ask(router, secret);
    clock.pass(20 * SECOND);
    expect((await router.fetch(...asked(secret, TEST))).headers.get('retry-after')).toBe('40');
    clock.pass(7 * SECOND);
    const { headers } = await router.fetch(...asked(secret, TEST));
    expect(['retry-after', 'x-ratelimit-reset-requests'].map((name) => headers.get(name))).toEqual(['33', '33s']);
    expect(router.calls.begin).toBe(2);
    clock.pass(33 * SECOND);
    expect(await ask(router, secret)).toBe(200);
  });

  it('asks its ledger again every ten seconds, with one request of many', async () => {
    const { key, secret } = await makeKey({ budgetTotalUsd: 0.000_001 });
    const stub = env.KEY_LEDGER.getByName(key.id);
    await stub.settle(key, settlement({ costNanoUsd: 1_000 }));
    const router = countingRouter();
    // Past thirty a minute, so that no recorded refusal brings the ledger's word.
    for (let count = 0; count < 31; count += 1) expect(await ask(router, secret)).toBe(402);
    await router.settled();
    expect(router.calls).toEqual({ begin: 1, settle: 30 });
    clock.pass(10 * SECOND);
    await Promise.all(Array.from({ length: 20 }, () => ask(router, secret)));
    expect(router.calls).toEqual({ begin: 2, settle: 30 });
    // Raised where this isolate does not see it: the ledger alone knows.
    await stub.sync({ ...key, budgetTotalUsd: 1, revision: key.revision + 1 });
    clock.pass(9 * SECOND);
    expect(await ask(router, secret)).toBe(402);
    clock.pass(SECOND);
    expect([await ask(router, secret), await ask(router, secret)]).toEqual([200, 200]);
  });

  it('is let in at once when its limit was raised, and on the next day', async () => {
    const { key, secret } = await makeKey({ budgetDayUsd: 0.000_001 });
    await env.KEY_LEDGER.getByName(key.id).settle(key, settlement({ costNanoUsd: 1_000 }));
    const router = countingRouter();
    expect([await ask(router, secret), await ask(router, secret)]).toEqual([402, 402]);
    const raise = { method: 'PATCH', body: JSON.stringify({ budget_day_usd: 0.1 }) };
    expect((await internal(`/internal/keys/${key.id}`, raise)).status).toBe(200);
    expect(await ask(router, secret)).toBe(200);
    const lower = { method: 'PATCH', body: JSON.stringify({ budget_day_usd: 0.000_001 }) };
    expect((await internal(`/internal/keys/${key.id}`, lower)).status).toBe(200);
    expect([await ask(router, secret), await ask(router, secret)]).toEqual([402, 402]);
    clock.pass(DAY - (clock.now() % DAY));
    // The echo costs more than the whole budget: that much is free again, but not enough.
    const message = (await (await router.fetch(...asked(secret, TEST))).json<{ error: { message: string } }>()).error;
    expect(message.message).toContain('more than this key');
  });
});

it('one large request does not refuse the small ones beside it', async () => {
  const { secret } = await makeKey({ budgetDayUsd: 0.01 });
  const router = countingRouter();
  const large = { ...TEST, max_tokens: 1_000_000 };
  for (let count = 0; count < 3; count += 1) {
    expect(await ask(router, secret, large)).toBe(402);
    expect(await ask(router, secret, { ...TEST, max_tokens: 10 })).toBe(200);
  }
  expect(router.calls.begin).toBe(6);
});

describe('many refusals in a minute', () => {
  it.each([
    ['a budget of nothing', { budgetDayUsd: 0 }, TEST, 402],
    ['bodies that are no requests', {}, { model: 5 }, 400],
    ['more than its budget, each', { budgetDayUsd: 0.001 }, { ...TEST, max_tokens: 1_000_000 }, 402],
  ])('are thirty calls and rows for %s, and one more tells of the rest', async (_why, limits, body, status) => {
    clock.pass(MINUTE - (clock.now() % MINUTE));
    const { key, secret } = await makeKey(limits);
    const router = countingRouter();
    const said = await Promise.all(Array.from({ length: 200 }, () => ask(router, secret, body)));
    expect(new Set(said)).toEqual(new Set([status]));
    await router.settled();
    expect(router.calls.settle).toBe(30);
    clock.pass(MINUTE);
    expect(await ask(router, secret, body)).toBe(status);
    await router.settled();
    expect(router.calls.settle).toBe(32);
    clock.pass(MINUTE);
    await env.KEY_LEDGER.getByName(key.id).wake();
    const rows = await ledgerRows(key.id);
    expect(rows).toHaveLength(32);
    expect(rows.filter(({ repeated }) => repeated !== 0)).toMatchObject([{ repeated: 169, status, end: 'rejected' }]);
    expect(refusedIn(rows)).toBe(201);
  });

  it('of a revoked key are counted as well, and begin nothing', async () => {
    clock.pass(MINUTE - (clock.now() % MINUTE));
    const { key, secret } = await makeUsedKey();
    await internal(`/internal/keys/${key.id}`, { method: 'DELETE' });
    const router = countingRouter();
    await Promise.all(Array.from({ length: 100 }, () => ask(router, secret)));
    clock.pass(MINUTE);
    expect(await ask(router, secret)).toBe(401);
    await router.settled();
    expect(router.calls).toEqual({ begin: 0, settle: 32 });
    clock.pass(MINUTE);
    await env.KEY_LEDGER.getByName(key.id).wake();
    expect(refusedIn(await ledgerRows(key.id))).toBe(101);
  });

  it('are told of by the next request that is served', async () => {
    clock.pass(MINUTE - (clock.now() % MINUTE));
    const { key, secret } = await makeKey({ rpm: 1 });
    const router = countingRouter();
    expect(await ask(router, secret)).toBe(200);
    for (let count = 0; count < 40; count += 1) expect(await ask(router, secret)).toBe(429);
    await router.settled();
    clock.pass(MINUTE);
    expect(await ask(router, secret)).toBe(200);
    await router.settled();
    clock.pass(MINUTE);
    await env.KEY_LEDGER.getByName(key.id).wake();
    expect(refusedIn(await ledgerRows(key.id))).toBe(40);
  });

  it('have a row each where a provider was called, or a lease is to be given back', async () => {
    const { key, secret } = await makeKey();
    const stub = env.KEY_LEDGER.getByName(key.id);
    await stub.sync({ ...key, status: 'disabled', revision: key.revision + 1 });
    const provider = playProvider(() => completion());
    const router = countingRouter();
    // Without limits the provider is called at once, and the ledger's no comes later.
    const said = await Promise.all(Array.from({ length: 40 }, () => ask(router, secret, {})));
    expect(said.every((status) => status === 401)).toBe(true);
    await router.settled();
    const called = (await ledgerRows(key.id)).filter(({ attempts }) => attempts.length > 0);
    expect(called.length).toBe(provider.seen.length);
    expect(called.length).toBeGreaterThan(30);
    expect(called.every(({ end, repeated }) => end === 'rejected' && repeated === null)).toBe(true);
    provider.restore();

    // Each has begun by the time that the provider cannot be asked for what it wants.
    const { key: other, secret: own } = await makeKey({ rpm: 1_000 });
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
    const unanswerable = { model: 'zai/glm-5.3', messages: [{ role: 'user', content: [picture] }] };
    const refused = await Promise.all(Array.from({ length: 40 }, () => ask(router, own, unanswerable)));
    expect(new Set(refused)).toEqual(new Set([400]));
    await router.settled();
    const leases = await env.KEY_LEDGER.getByName(other.id).sums();
    expect(leases).toMatchObject({ openLeases: 0, heldNanoUsd: 0 });
    expect(await ledgerRows(other.id)).toHaveLength(40);
  });
});

describe("Cursor's key check", () => {
  const CHECK = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Test prompt using gpt-4o' }] };

  it('counts for the limits of its key, and is refused where they refuse', async () => {
    const { key, secret } = await makeKey({ purpose: 'cursor', rpm: 2, models: 'deepseek/*' });
    const router = countingRouter();
    const first = await router.fetch(...asked(secret, CHECK));
    expect([first.status, first.headers.get('x-ratelimit-remaining-requests')]).toEqual([200, '1']);
    expect([await ask(router, secret, CHECK), await ask(router, secret, CHECK)]).toEqual([200, 429]);
    await router.settled();
    const rows = await ledgerRows(key.id);
    expect(rows.map(({ end, endpoint }) => [end, endpoint]).toSorted()).toEqual([
      ['completed', 'chat'],
      ['completed', 'chat'],
      ['rejected', 'chat'],
    ]);
    expect(await env.KEY_LEDGER.getByName(key.id).sums()).toMatchObject({ openLeases: 0, ledgerNanoUsd: 0 });
  });

  it('of a key that was disabled a moment ago elsewhere is refused', async () => {
    const { key, secret } = await makeKey({ purpose: 'cursor' });
    const router = countingRouter();
    expect(await ask(router, secret, CHECK)).toBe(200);
    await env.KEY_LEDGER.getByName(key.id).sync({ ...key, status: 'disabled', revision: key.revision + 1 });
    expect(await ask(router, secret, CHECK)).toBe(401);
  });
});
