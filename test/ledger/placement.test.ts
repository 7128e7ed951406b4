import { listDurableObjectIds } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { settleRefusedKey } from '../../src/ledger/client.ts';
import { consumeLogs } from '../../src/ledger/delivery/consumer.ts';
import { settleMessage } from '../../src/ledger/delivery/message.ts';
import { sweep } from '../../src/ledger/sweep.ts';
import type { ApiKey } from '../../src/store/schema.ts';
import { newOperator } from '../console/operator.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey, makeUsedKey } from '../support/keys.ts';
import { batchOf, clock, lease, MINUTE, openLedger, settlement } from '../support/ledger.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { get, internal } from '../support/router.ts';
import { asked } from './asking.ts';

afterEach(() => void vi.restoreAllMocks());

async function hasObject({ id }: ApiKey): Promise<boolean> {
  const ids = await listDurableObjectIds(env.KEY_LEDGER);
  return ids.some((each) => each.equals(env.KEY_LEDGER.idFromName(id)));
}

async function rowOf({ id }: ApiKey) {
  return await env.DB.prepare('SELECT jurisdiction, location FROM ledgers WHERE key_id = ?').bind(id).first();
}

async function logsOf({ id }: ApiKey) {
  const { results } = await env.DB.prepare('SELECT error_code, repeated FROM request_logs WHERE key_id = ?')
    .bind(id)
    .all();
  return results;
}

const ask = async (secret: string) => {
  const response = await get('/v1/chat/completions', asked(secret, { model: 'test/echo' })[1]);
  await response.text();
  return response.status;
};

describe('a ledger is made by its key’s first request', () => {
  it('I15 and by nothing before it: not by the console, the API, a check, a sweep or a refusal of the key', async () => {
    const operator = await newOperator();
    const { key, secret } = await makeKey({ budgetDayUsd: 5 });
    const path = `/internal/keys/${key.id}`;
    const patch = (change: object) => internal(path, { method: 'PATCH', body: JSON.stringify(change) });
    expect((await patch({ rpm: 100 })).status).toBe(200);
    expect((await internal(`${path}/refresh`, { method: 'POST' })).status).toBe(200);
    expect((await internal(path)).status).toBe(200);
    await internal('/internal/keys/verify', { method: 'POST', body: JSON.stringify({ key: secret }) });
    await internal(`/internal/users/${key.owner}`, { method: 'PATCH', body: '{"status":"disabled"}' });
    await internal(`/internal/users/${key.owner}`, { method: 'PATCH', body: '{"status":"active"}' });
    for (const page of [`/admin/keys/${key.id}`, '/admin/keys', '/admin/ledger', '/admin']) await operator.read(page);
    expect((await internal('/internal/ledger/check')).status).toBe(200);
    expect((await internal('/internal/ledger/repair', { method: 'POST' })).status).toBe(200);
    expect((await internal('/worker/settle', { method: 'POST' })).status).toBe(200);
    for (let minute = 0; minute < 3; minute += 1) await sweep(env, minute * 60_000);
    await patch({ status: 'disabled' });
    expect([await ask(secret), await ask(secret), await ask(secret)]).toEqual([401, 401, 401]);
    expect((await get('/v1/models', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401);
    // The refusals leave their rows all the same.
    expect(await logsOf(key)).toEqual(Array.from({ length: 4 }, () => ({ error_code: 'key_disabled', repeated: 0 })));
    expect((await internal('/internal/ledger/check')).status).toBe(200);
    expect([await hasObject(key), await rowOf(key)]).toEqual([false, null]);
    await patch({ status: 'active' });
    expect(await hasObject(key)).toBe(false);
    expect(await ask(secret)).toBe(200);
    expect([await hasObject(key), await rowOf(key)]).toEqual([true, { jurisdiction: null, location: null }]);
  });

  it('of refusals before it D1 has thirty rows a minute, however many Workers tell of them, and all are counted', async () => {
    clock.start();
    clock.pass(MINUTE - (clock.now() % MINUTE));
    const { key, secret } = await makeKey();
    await env.DB.prepare("UPDATE api_keys SET status = 'disabled' WHERE id = ?").bind(key.id).run();
    // Other Workers have told of twenty.
    for (let told = 0; told < 20; told += 1) await settleRefusedKey(env, key, settlement({ repeated: 0 }));
    for (let asked = 0; asked < 25; asked += 1) expect(await ask(secret)).toBe(401);
    expect(await logsOf(key)).toHaveLength(30);
    clock.pass(MINUTE);
    expect(await ask(secret)).toBe(401);
    const repeated = (await logsOf(key)).map((row) => Number(row['repeated']));
    expect([repeated.length, repeated.reduce((sum, more) => sum + 1 + more, 0)]).toEqual([32, 46]);
    expect(await hasObject(key)).toBe(false);
  });

  it('while D1 fails their rows come by the queue, and make no ledger either', async () => {
    clock.start();
    const { key } = await makeKey();
    const sent: unknown[] = [];
    const LOG_QUEUE = { send: async (message: unknown) => void sent.push(structuredClone(message)) };
    const broken = { ...env, LOG_QUEUE, DB: null } as unknown as Cloudflare.Env; // a test's double
    expect(await settleRefusedKey(broken, key, settlement({ repeated: 0, errorCode: 'key_disabled' }))).toBeNull();
    await consumeLogs(batchOf([...sent, ...sent]).batch, env);
    expect(await logsOf(key)).toEqual([{ error_code: 'key_disabled', repeated: 0 }]);
    expect([await hasObject(key), await rowOf(key)]).toEqual([false, null]);
  });

  it('or by what else its holder asks of it', async () => {
    const { key, secret } = await makeKey();
    const own = await get('/v1/key', { headers: { authorization: `Bearer ${secret}` } });
    expect(own.status).toBe(200);
    expect([await hasObject(key), await rowOf(key)]).toEqual([true, { jurisdiction: null, location: null }]);
  });

  it('I15 and is known to sweep and check from then on, before D1 has any row of it', async () => {
    const { key, secret } = await makeKey();
    expect(await ask(secret)).toBe(200);
    // Its own alarm would take five seconds to send the row.
    await internal('/worker/settle', { method: 'POST' });
    expect(await logsOf(key)).toEqual([{ error_code: null, repeated: 0 }]);
    const check = await (await internal('/internal/ledger/check')).json<{ data: { key_id: string }[] }>();
    expect(check.data.map((row) => row.key_id)).toContain(key.id);
  });
});

describe('how long a key’s ledger takes to answer', () => {
  it('is the middle of the last hundred, as the Workers saw it, and stands on the key’s page', async () => {
    clock.start();
    const { key, stub } = await openLedger();
    const operator = await newOperator();
    expect((await stub.state(key)).beginMs).toBeNull();
    for (const [times, beginMs] of [
      [30, 500],
      [30, 7],
      [41, 9],
      [29, 300],
    ] as const) {
      for (let done = 0; done < times; done += 1) {
        clock.pass(1);
        await stub.settle(key, settlement({ beginMs }));
      }
    }
    // Of the first thirty none counts any more: then it would be 300.
    expect((await stub.state(key)).beginMs).toBe(9);
    expect(await operator.read(`/admin/keys/${key.id}`)).toContain('answers in 9 ms');
    const unused = await makeKey();
    expect(await operator.read(`/admin/keys/${unused.key.id}`)).toContain('None yet');
  });

  it('is measured with each request, of keys with and without limits', async () => {
    vi.restoreAllMocks();
    for (const limits of [{ rpm: 100 }, {}]) {
      const { key, secret } = await makeKey(limits);
      const router = routerWith({});
      const response = await router.fetch(...asked(secret, { model: 'test/slow', stream: true }));
      await response.text();
      await router.settled();
      expect(await ledgerRow(key.id, response)).toMatchObject({ beginMs: expect.any(Number) });
    }
  });
});

describe('a change of a key', () => {
  it('I9 I15 that comes right before the first request reaches the ledger is in what the request is judged by', async () => {
    const { key, secret } = await makeKey({ rpm: 100 });
    // Its record is in the isolate: a refused body asks the key's ledger nothing.
    const DB = {
      prepare: (sql: string) => env.DB.prepare(sql),
      async batch(statements: D1PreparedStatement[]) {
        await env.DB.prepare("UPDATE api_keys SET status = 'revoked' WHERE id = ?").bind(key.id).run();
        return await env.DB.batch(statements);
      },
    };
    const router = routerWith({ DB });
    const response = await router.fetch(...asked(secret, { model: 'test/echo' }));
    expect(response.status).toBe(401);
    await router.settled();
    expect(await hasObject(key)).toBe(true);
  });

  it('I9 I15 that comes after it is told to the ledger, which refuses whoever has not heard of it', async () => {
    const { key, secret } = await makeKey();
    expect(await ask(secret)).toBe(200);
    expect((await internal(`/internal/keys/${key.id}`, { method: 'DELETE' })).status).toBe(200);
    const answer = await env.KEY_LEDGER.getByName(key.id).begin(key, lease(key));
    expect(answer).toMatchObject({ kind: 'refused', reason: 'disabled' });
  });
});

describe('a key whose ledger cannot be made known', () => {
  const broken = () => {
    throw new Error('D1 fails');
  };

  it('is told to come back where it has limits, and is served and settled by the queue where it has none', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const sent: unknown[] = [];
    const LOG_QUEUE = { send: async (message: unknown) => void sent.push(structuredClone(message)) };
    const DB = { prepare: (sql: string) => env.DB.prepare(sql), batch: broken };
    const router = routerWith({ DB, LOG_QUEUE });
    const [limited, open] = [await makeKey({ rpm: 9 }), await makeKey()];
    const refused = await router.fetch(...asked(limited.secret, { model: 'test/echo' }));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    const served = await router.fetch(...asked(open.secret, { model: 'test/echo' }));
    expect([served.status, await served.text()]).toEqual([200, expect.stringContaining('"stop"')]);
    await router.settled();
    expect([await hasObject(limited.key), await hasObject(open.key)]).toEqual([false, false]);
    await consumeLogs(batchOf(sent).batch, { ...env, LOG_QUEUE: LOG_QUEUE as never });
    for (const { key } of [limited, open]) {
      expect([await hasObject(key), await rowOf(key)]).toEqual([true, { jurisdiction: null, location: null }]);
    }
    expect(await ledgerRow(limited.key.id, refused)).toMatchObject({ errorCode: 'ledger_unavailable' });
    expect(await ledgerRow(open.key.id, served)).toMatchObject({ end: 'completed' });
  });
});

describe('LEDGER_LOCATION and LEDGER_JURISDICTION', () => {
  /** Ledgers of which each call says where it went. */
  function mapped(keyId: string) {
    const calls: string[] = [];
    const within = (name: string) => ({
      jurisdiction: within,
      getByName(id: string, { locationHint = 'none' }: { locationHint?: string } = {}) {
        if (id === keyId) calls.push(`${name}/${locationHint}`);
        return env.KEY_LEDGER.getByName(name === 'none' ? id : `${id} in ${name}`);
      },
    });
    return { calls, KEY_LEDGER: within('none') };
  }

  it('say where new ledgers are made; those that are there stay, whatever the variables say later', async () => {
    const { key, secret } = await makeKey();
    const { calls, KEY_LEDGER } = mapped(key.id);
    const in_eu = routerWith({ KEY_LEDGER, LEDGER_LOCATION: 'weur', LEDGER_JURISDICTION: 'eu' });
    await (await in_eu.fetch(...asked(secret, { model: 'test/echo' }))).text();
    await in_eu.settled();
    const in_us = routerWith({ KEY_LEDGER, LEDGER_LOCATION: 'enam', LEDGER_JURISDICTION: 'us' });
    await (await in_us.fetch(...asked(secret, { model: 'test/echo' }))).text();
    const settle = { method: 'POST', headers: { authorization: `Bearer ${env.INTERNAL_SECRET}` } };
    await (await in_us.fetch('http://router.test/worker/settle', settle)).text();
    await in_us.settled();
    expect(calls.length).toBeGreaterThanOrEqual(5);
    expect(new Set(calls)).toEqual(new Set(['eu/weur']));
    expect(await rowOf(key)).toEqual({ jurisdiction: 'eu', location: 'weur' });
    const old = await makeUsedKey();
    const others = mapped(old.key.id);
    const after = routerWith({ KEY_LEDGER: others.KEY_LEDGER, LEDGER_JURISDICTION: 'us' });
    await (await after.fetch(...asked(old.secret, { model: 'test/echo' }))).text();
    await after.settled();
    expect(new Set(others.calls)).toEqual(new Set(['none/none']));
  });

  it('go with the rows, so that D1 confirms them to the ledger that they come from', async () => {
    clock.start();
    const ledger = await openLedger();
    const { calls, KEY_LEDGER } = mapped(ledger.key.id);
    const key: ApiKey = { ...ledger.key, ledgerJurisdiction: 'eu' };
    await ledger.stub.settle(key, settlement());
    await ledger.ring();
    await consumeLogs(batchOf(ledger.queue.splice(0)).batch, { ...env, KEY_LEDGER: KEY_LEDGER as never });
    expect(calls).toEqual(['eu/none']);
  });

  it.each([
    ['LEDGER_LOCATION', 'mars'],
    ['LEDGER_JURISDICTION', 'EU'],
  ])('%s=%s is a clear error', async (name, value) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const response = await routerWith({ [name]: value }).fetch('http://router.test/worker/ping');
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_configuration', param: name } });
  });
});

describe('after D1 was restored to a time when it knew nothing of a ledger', () => {
  it('I15 the ledger’s next rows make it known again, with its jurisdiction', async () => {
    clock.start();
    const ledger = await openLedger();
    await env.DB.prepare('DELETE FROM ledgers WHERE key_id = ?').bind(ledger.key.id).run();
    await ledger.stub.settle({ ...ledger.key, ledgerJurisdiction: 'us' }, settlement());
    await ledger.ring();
    const bodies = ledger.queue.splice(0);
    await consumeLogs(batchOf([...bodies, ...bodies]).batch, { ...env, KEY_LEDGER: env.KEY_LEDGER });
    expect(await rowOf(ledger.key)).toEqual({ jurisdiction: 'us', location: null });
  });

  it('a settlement that comes through the queue makes its ledger known too', async () => {
    clock.start();
    const { key } = await makeKey();
    await consumeLogs(batchOf([settleMessage(key, settlement({ costNanoUsd: 3 }))]).batch, env);
    expect([await hasObject(key), await rowOf(key)]).toEqual([true, { jurisdiction: null, location: null }]);
    expect((await env.KEY_LEDGER.getByName(key.id).sums()).ledgerNanoUsd).toBe(3);
  });
});
