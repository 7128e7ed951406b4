import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clock, drain, lease, MINUTE, openLedger, settlement, sumsOf } from '../support/ledger.ts';
import { internal } from '../support/router.ts';

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

describe("a key's row", () => {
  it('I9 from the future, written by hand, does not keep later limits from holding', async () => {
    const { key, stub } = await openLedger();
    const ahead = { ...key, updatedAt: '2099-01-01T00:00:00.000Z' };
    await stub.sync(ahead);
    const ask = async (given: typeof key) => (await stub.begin(given, lease(given))).kind;
    expect(await ask(ahead)).toBe('admitted');
    const now = () => new Date(clock.now()).toISOString();
    const disabled = { ...key, status: 'disabled' as const, revision: key.revision + 1, updatedAt: now() };
    await stub.sync(disabled);
    expect(await ask(disabled)).toBe('refused');
    // A Worker that has not heard of the change changes nothing.
    expect(await ask(ahead)).toBe('refused');
    clock.pass(MINUTE);
    await stub.sync({ ...key, revision: key.revision + 2, updatedAt: now() });
    expect(await ask(ahead)).toBe('admitted');
  });

  it.each(['next Tuesday', '', '9999'])('I9 with "%s" for a time does neither', async (updatedAt) => {
    const { key, stub } = await openLedger();
    await stub.sync({ ...key, updatedAt });
    const later = new Date(clock.now()).toISOString();
    await stub.sync({ ...key, status: 'revoked', revision: key.revision + 1, updatedAt: later });
    expect((await stub.begin(key, lease(key))).kind).toBe('refused');
  });

  it('a key that changes hands takes no spend along, the requests that run included', async () => {
    const { key, stub, ...rest } = await openLedger();
    const ledger = { key, stub, ...rest };
    await stub.settle(key, settlement({ costNanoUsd: 10 }));
    const running = lease(key);
    await stub.begin(key, running);
    await env.DB.prepare("INSERT INTO users (name) VALUES ('the-heir')").run();
    await env.DB.prepare("UPDATE api_keys SET owner = 'the-heir' WHERE id = ?").bind(key.id).run();
    expect((await internal(`/internal/keys/${key.id}/refresh`, { method: 'POST' })).status).toBe(200);
    const heir = { ...key, owner: 'the-heir', revision: key.revision + 1 };
    await stub.settle(heir, settlement({ requestId: running.requestId, costNanoUsd: 20 }));
    await stub.settle(heir, settlement({ costNanoUsd: 400 }));
    await drain(ledger);
    const day = new Date(clock.now()).toISOString().slice(0, 10);
    const usage = await (await internal(`/internal/usage?by=user&from=2026-01-01&to=${day}`)).json<{
      data: { owner: string; requests: number; cost_nano_usd: number }[];
    }>();
    const of = (owner: string) => usage.data.find((line) => line.owner === owner);
    expect(of(key.owner)).toMatchObject({ requests: 2, cost_nano_usd: 30 });
    expect(of('the-heir')).toMatchObject({ requests: 1, cost_nano_usd: 400 });
    expect(await sumsOf(ledger)).toMatchObject({ ledger: 430, d1: 430, daily: 430 });
  });
});
