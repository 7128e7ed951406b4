import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readDelivery } from '../../src/ledger/alert-post.ts';
import { SharedBudget } from '../../src/ledger/shared/shared-budget.ts';
import { openDatabase } from '../../src/store/database.ts';
import { getKey } from '../../src/store/keys.ts';
import { clock, lease, MINUTE, openLedger, settlement, withVariables } from '../support/ledger.ts';
import { internal } from '../support/router.ts';
import { sharedBudget } from '../support/team.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const HOOK = { ALERT_WEBHOOK_URL: 'https://alerts.test/hook', ALERT_WEBHOOK_SECRET: SECRET };

interface Posted {
  headers: Headers;
  body: string;
}
const posted: Posted[] = [];
let status = 200;

beforeAll(() => {
  clock.start();
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_input, init) => {
    posted.push({ headers: new Headers(init?.headers), body: String(init?.body) });
    return new Response(null, { status });
  });
});
afterEach(() => {
  posted.length = 0;
  status = 200;
});
afterAll(() => void vi.restoreAllMocks());

/** As the libraries of standardwebhooks.com verify: by the bytes behind `whsec_`. */
async function isSigned({ headers, body }: Posted): Promise<boolean> {
  const bytes = Uint8Array.from(atob(SECRET.slice('whsec_'.length)), (byte) => byte.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const [version, signature = ''] = (headers.get('webhook-signature') ?? '').split(',');
  const signed = `${headers.get('webhook-id')}.${headers.get('webhook-timestamp')}.${body}`;
  const given = Uint8Array.from(atob(signature), (byte) => byte.charCodeAt(0));
  return version === 'v1' && (await crypto.subtle.verify('HMAC', key, given, new TextEncoder().encode(signed)));
}

describe('an alert', () => {
  it('is signed after Standard Webhooks, and has the same id when it is sent again', async () => {
    const ledger = await openLedger({ budgetDayUsd: 0.000_001 });
    const ring = () => withVariables(ledger, HOOK, (object) => object.alarm());
    status = 500;
    await withVariables(ledger, HOOK, async (object) => {
      await object.settle(ledger.key, settlement({ costNanoUsd: 850 }));
      await object.alarm();
    });
    status = 200;
    clock.pass(5 * MINUTE);
    await ring();
    await ring();
    expect(posted).toHaveLength(2);
    const [first, again] = posted as [Posted, Posted];
    expect([await isSigned(first), await isSigned(again)]).toEqual([true, true]);
    expect(again.headers.get('webhook-id')).toBe(first.headers.get('webhook-id'));
    expect(first.headers.get('webhook-id')).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(Number(again.headers.get('webhook-timestamp')) * 1000).toBeGreaterThan(clock.now() - 1_000);
    expect(again.body).toBe(first.body);
  });

  it('without a secret has an id and no signature', async () => {
    const ledger = await openLedger({ budgetDayUsd: 0.000_001 });
    await withVariables(ledger, { ...HOOK, ALERT_WEBHOOK_SECRET: '' }, async (object) => {
      await object.settle(ledger.key, settlement({ costNanoUsd: 850 }));
      await object.alarm();
    });
    expect(posted[0]?.headers.get('webhook-id')).toMatch(/^msg_/);
    expect(posted[0]?.headers.has('webhook-signature')).toBe(false);
  });

  it('leaves how the last one went, for the console', async () => {
    const ledger = await openLedger({ budgetDayUsd: 0.000_001, name: 'laptop' });
    const last = () => readDelivery(openDatabase(env.DB));
    status = 503;
    await withVariables(ledger, HOOK, async (object) => {
      await object.settle(ledger.key, settlement({ costNanoUsd: 850 }));
      await object.alarm();
    });
    const about = { level: 'key', name: `${ledger.key.owner} · laptop`, window: 'day', percent: 80 };
    expect(await last()).toEqual({ at: clock.now(), ms: 0, status: 503, outcome: 'refused', about });
    status = 204;
    clock.pass(5 * MINUTE);
    await withVariables(ledger, HOOK, (object) => object.alarm());
    expect(await last()).toMatchObject({ at: clock.now(), status: 204, outcome: 'delivered', about });
  });

  it('tells at 80 and at 100 % of a budget of a user and of a team, whichever key has spent it', async () => {
    const ledger = await openLedger();
    const { owner } = ledger.key;
    const team = `alerted-${owner}`;
    const post = (path: string, method: string, body: object) => internal(path, { method, body: JSON.stringify(body) });
    await post('/internal/teams', 'POST', { name: team, budget_month_usd: 0.000_001 });
    await post(`/internal/users/${owner}`, 'PATCH', { team, budget_day_usd: 0.000_002 });
    async function spend(cost: number): Promise<void> {
      const key = await getKey(openDatabase(env.DB), ledger.key.id);
      if (key === null) throw new Error('The key is gone.');
      const request = lease(key, { holdNanoUsd: 10 });
      await ledger.stub.begin(key, request);
      await ledger.stub.settle(key, settlement({ requestId: request.requestId, costNanoUsd: cost }));
      for (const [kind, name] of [
        ['user', owner],
        ['team', team],
      ] as const) {
        const budget = await sharedBudget(kind, name);
        const variables = { ...env, ...HOOK } as unknown as Cloudflare.Env;
        await runInDurableObject(budget, async (_instance, state) => {
          const object = new SharedBudget(state, variables);
          await object.state();
          await object.alarm();
        });
      }
    }
    await spend(799);
    expect(posted).toEqual([]);
    await spend(1);
    await spend(200);
    const bodies = posted.map(({ body }) => JSON.parse(body));
    const { reset_at, id, ...about } = bodies[0];
    expect(about).toEqual({
      level: 'team',
      name: team,
      window: 'month',
      percent: 80,
      spent_usd: '0.0000008',
      limit_usd: '0.000001',
    });
    expect([id, reset_at]).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}$/),
      expect.stringMatching(/T00:00:00\.000Z$/),
    ]);
    expect(bodies[1]).toMatchObject({ level: 'team', percent: 100, spent_usd: '0.000001' });
    expect(bodies).toHaveLength(2);
  });
});
