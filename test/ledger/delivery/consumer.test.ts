import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { consumeLogs } from '../../../src/ledger/delivery/consumer.ts';
import type { LogMessage } from '../../../src/ledger/delivery/message.ts';
import type { KeyLedger } from '../../../src/ledger/key-ledger.ts';
import { sweep } from '../../../src/ledger/sweep.ts';
import { requestId } from '../../../src/protocol/request-id.ts';
import {
  batchOf,
  clock,
  DAY,
  drain,
  HOUR,
  type Ledger,
  MINUTE,
  openLedger,
  SECOND,
  settlement,
  sumsOf,
  tokens,
  withVariables,
} from '../../support/ledger.ts';
import { internal } from '../../support/router.ts';

beforeAll(() => {
  clock.start();
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterAll(() => void vi.restoreAllMocks());

/** Settles so many requests of 10 nano-USD, and rings for them to be sent. */
async function settleSome(ledger: Ledger, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await ledger.stub.settle(ledger.key, settlement({ costNanoUsd: 10, usage: tokens(1) }));
    clock.pass(1);
  }
  await ledger.ring();
}

function clean(rows: number) {
  const sum = rows * 10;
  return { ledger: sum, d1: sum, daily: sum, held: 0, openLeases: 0, rows, requests: rows };
}

/** The true places, but for the dead letters: they go into an array. */
function withLetters() {
  const sent: unknown[] = [];
  return {
    sent,
    places: { ...env, DEAD_LETTERS: { send: async (letter: unknown) => void sent.push(letter) } as never },
  };
}

type Moment = 'before' | 'after';

/** The consumer's places, in which it dies at its n-th call: before the call's effect, or right after it. */
function deadlyPlaces(fatal: number, moment: Moment) {
  let calls = 0;
  const death = Promise.withResolvers<'died'>();
  const never = new Promise<never>(() => undefined);
  async function call<T>(effect: () => Promise<T>): Promise<T> {
    calls += 1;
    if (calls > fatal) return never;
    if (calls < fatal) return effect();
    if (moment === 'after') await effect();
    death.resolve('died');
    return never;
  }
  const ledger = (stub: DurableObjectStub<KeyLedger>) => ({
    acknowledge: (...args: Parameters<KeyLedger['acknowledge']>) => call(async () => stub.acknowledge(...args)),
    settle: (...args: Parameters<KeyLedger['settle']>) => call(async () => stub.settle(...args)),
    unconfirmed: (...args: Parameters<KeyLedger['unconfirmed']>) => call(async () => stub.unconfirmed(...args)),
  });
  const places = {
    DB: {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: (all: D1PreparedStatement[]) => call(() => env.DB.batch(all)),
    },
    DEAD_LETTERS: { send: () => call(async () => undefined) },
    KEY_LEDGER: { getByName: (id: string) => ledger(env.KEY_LEDGER.getByName(id)) },
  } as unknown as Cloudflare.Env; // only what the consumer uses
  return { places, died: death.promise, calls: () => calls };
}

/** A batch of every kind of message: rows of two keys, a settlement that could not be brought, and one of no use. */
async function mixedBatch() {
  const ledgers = [await openLedger(), await openLedger()];
  for (const ledger of ledgers) await settleSome(ledger, 3);
  const [one] = ledgers;
  const brought: LogMessage[] = ledgers.map(({ key }) => ({
    kind: 'settle',
    key,
    settlement: settlement({ costNanoUsd: 10 }),
  }));
  const bodies: unknown[] = [
    ...ledgers.flatMap(({ queue }) => queue.splice(0)),
    ...brought,
    { kind: 'nonsense', of: one?.key.id },
  ];
  return { ledgers, bodies };
}

async function expectClean(ledgers: readonly Ledger[], rows: number): Promise<void> {
  for (const ledger of ledgers) {
    await drain(ledger);
    expect(await sumsOf(ledger)).toEqual(clean(rows));
  }
}

describe('one clean delivery', () => {
  const deaths = [1, 2, 3, 4, 5, 6, 7].flatMap((fatal) =>
    (['before', 'after'] as const).map((moment) => ({ fatal, moment })),
  );

  it.each(deaths)('I3 is what comes of a consumer that dies $moment its call $fatal', async ({ fatal, moment }) => {
    const { ledgers, bodies } = await mixedBatch();
    const deadly = deadlyPlaces(fatal, moment);
    const { batch, said } = batchOf(bodies);
    const end = await Promise.race([consumeLogs(batch, deadly.places).then(() => 'ended'), deadly.died]);
    // Six calls in all: the unusable message, the transaction, two acknowledgements, two settlements.
    expect(end).toBe(fatal <= 6 ? 'died' : 'ended');
    if (fatal > 6) expect(deadly.calls()).toBe(6);
    if (fatal > 6) expect(said).toEqual(bodies.map(() => 'ack'));
    await consumeLogs(batchOf(bodies).batch, withLetters().places);
    await expectClean(ledgers, 4);
  });

  it('I3 is what comes of a message that holds a row twice, of two messages that share rows, and of a row in none', async () => {
    const ledger = await openLedger();
    await settleSome(ledger, 4);
    const [message] = ledger.queue.splice(0);
    if (message?.kind !== 'rows') throw new Error('There is no message.');
    const { rows } = message;
    const twice: LogMessage = { ...message, rows: [...rows.slice(0, 2), ...rows.slice(0, 2), ...rows.slice(1, 3)] };
    await consumeLogs(batchOf([twice, { ...message, rows: rows.slice(1) }]).batch, env);
    expect(await sumsOf(ledger)).toEqual(clean(4));
    await consumeLogs(batchOf([message, twice]).batch, env);
    await expectClean([ledger], 4);
  });

  it('I3 is what comes of the version before, which writes row by row, beside this one', async () => {
    const ledger = await openLedger();
    await settleSome(ledger, 3);
    const bodies = ledger.queue.splice(0);
    // Rows without `summed`: the trigger counts them.
    const older = (sql: string) =>
      env.DB.prepare(sql.replace(', summed)', ')').replace(/,\s*1\s+FROM json_each/, ' FROM json_each'));
    const batch = async (statements: D1PreparedStatement[]) => env.DB.batch(statements.slice(2, 3));
    await consumeLogs(batchOf(bodies).batch, { ...env, DB: { prepare: older, batch } as never });
    expect(await sumsOf(ledger)).toEqual(clean(3));
    await settleSome(ledger, 2);
    await consumeLogs(batchOf([...ledger.queue.splice(0), ...bodies]).batch, env);
    await expectClean([ledger], 5);
  });

  it('I3 is what comes of any duplicates in any order', { timeout: 30_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(10), { minLength: 1, maxLength: 12 }), async (picks) => {
        const ledger = await openLedger();
        for (let sent = 0; sent < 3; sent += 1) await settleSome(ledger, 2);
        const bodies = ledger.queue.splice(0);
        for (const pick of picks) await consumeLogs(batchOf([bodies[pick % 3], bodies[(pick + 1) % 3]]).batch, env);
        await expectClean([ledger], 6);
      }),
      { numRuns: 10, interruptAfterTimeLimit: 8_000 },
    );
  });

  it('I3 is what comes of an acknowledgement that was lost: the rows are sent again, and count nothing', async () => {
    const ledger = await openLedger();
    await settleSome(ledger, 2);
    const deaf = {
      ...env,
      KEY_LEDGER: { getByName: () => ({ acknowledge: () => Promise.reject(new Error('lost')) }) } as never,
    };
    const { batch, said } = batchOf(ledger.queue.splice(0));
    await consumeLogs(batch, deaf);
    expect(said).toEqual(['ack']);
    expect((await ledger.stub.sums()).outbox).toBe(2);
    await expectClean([ledger], 2);
  });
});

describe('a row', () => {
  const shown = async (id: string) => (await internal(`/internal/logs/${id}`)).json<Record<string, unknown>>();
  const served = { provider: 'test', model: 'echo', credential: null };

  it('tells all that a log row has, by its exact names', async () => {
    const ledger = await openLedger();
    const said = settlement({
      session: 's-1',
      tags: { task: 'tests' },
      notice: 'reasoning_lost',
      attempts: [
        { ...served, status: 503, code: 'upstream_overloaded', ms: 80 },
        { ...served, credential: '#2', status: 200, code: null, ms: 90 },
      ],
    });
    await ledger.stub.settle(ledger.key, said);
    await drain(ledger);
    const row = await shown(said.requestId);
    expect(row).toMatchObject({
      repeated: 0,
      team: null,
      endpoint: 'chat',
      session: 's-1',
      tags: { task: 'tests' },
      notice: 'reasoning_lost',
      attempts: 2,
      attempt_details: said.attempts,
    });
    expect(Object.keys(row)).toEqual(
      `request_id kind repeated key_id owner team purpose endpoint provider model requested_model session tags stream
       status end source input_tokens cached_tokens cache_write_tokens output_tokens reasoning_tokens cost_nano_usd
       cost_usd price_revision attempts attempt_details notice finish_reason vendor_finish_reason error_code started_at
       first_token_ms duration_ms colo day`.split(/\s+/),
    );
  });

  it('of the version before is stored and shown like one of today', async () => {
    const { key } = await openLedger();
    const { endpoint: _, session: _s, tags: _t, notice: _n, repeated: _r, ...before } = settlement();
    const tries = [
      { status: 503, code: 'upstream_overloaded', durationMs: 80 },
      { status: 200, code: null, durationMs: 90 },
    ];
    const { id: keyId, owner, purpose } = key;
    const row = { ...before, kind: 'settle', keyId, owner, purpose, day: '2027-01-01', attempts: tries };
    const { batch, said } = batchOf([{ kind: 'rows', rows: [row] }]);
    await consumeLogs(batch, env);
    expect(said).toEqual(['ack']);
    expect(await shown(before.requestId)).toMatchObject({
      repeated: 0,
      notice: null,
      attempt_details: [
        { ...served, status: 503, code: 'upstream_overloaded', ms: 80 },
        { ...served, status: 200, code: null, ms: 90 },
      ],
    });
  });
});

describe('messages that cannot be used', () => {
  const letters = async () => {
    const { results } = await env.DB.prepare('SELECT reason, body FROM dead_letters ORDER BY id').all<{
      reason: string;
      body: string;
    }>();
    return results.map(({ reason, body }) => ({ reason, body: JSON.parse(body) }));
  };

  it('go to the dead letters, row by row, while the good rows beside them are stored', async () => {
    const ledger = await openLedger();
    await settleSome(ledger, 3);
    const [message] = ledger.queue.splice(0);
    if (message?.kind !== 'rows') throw new Error('no rows were sent');
    const bad = { ...message.rows[0], costNanoUsd: 0.5 };
    const tooLate = { ...message.rows[0], startedAt: Number.MAX_SAFE_INTEGER };
    const { places, sent } = withLetters();
    const { batch, said } = batchOf([{ kind: 'rows', rows: [bad, tooLate, ...message.rows] }, 'garbage', null]);
    await consumeLogs(batch, places);
    expect(said).toEqual(['ack', 'ack', 'ack']);
    expect(sent).toMatchObject([
      { body: { rows: [{ costNanoUsd: 0.5 }, {}] } },
      { body: 'garbage' },
      { body: 'nothing' },
    ]);
    await expectClean([ledger], 3);

    await consumeLogs(batchOf(sent).batch, env);
    expect(await letters()).toHaveLength(3);
  });

  it.each(['llm-router-dead-letters', 'llm-router-logs', 'q7'])(
    'are kept by their own form, though their queue is called %s: a letter never becomes a letter about a letter',
    async (queue) => {
      await env.DB.prepare('DELETE FROM dead_letters').run();
      const { places, sent } = withLetters();
      await consumeLogs({ ...batchOf(['garbage']).batch, queue }, places);
      // The version before wrote them without their kind.
      const [{ kind: _, ...older }] = sent as [{ kind: string; id: string }];
      const { batch, said } = batchOf([...sent, { ...older, id: 'older' }]);
      await consumeLogs({ ...batch, queue }, places);
      expect(said).toEqual(['ack', 'ack']);
      expect(sent).toHaveLength(1);
      expect(await letters()).toEqual(Array(2).fill({ reason: 'unusable message', body: 'garbage' }));
    },
  );

  it('that D1 does not take go round in their queue as they are, as long as it takes', async () => {
    await env.DB.prepare('DELETE FROM dead_letters').run();
    const letter = { kind: 'letter', id: 'round', reason: 'unusable message', body: 'garbage' };
    const { places, sent } = withLetters();
    const DB = { prepare: (sql: string) => env.DB.prepare(sql), batch: () => Promise.reject(new Error('D1 fails')) };
    for (let round = 0; round < 150; round += 1) {
      const { batch, said } = batchOf(sent.length === 0 ? [letter] : sent.splice(0));
      await consumeLogs(batch, { ...places, DB: DB as never });
      expect(said).toEqual(['ack']);
      expect(sent).toEqual([letter]);
    }
    await consumeLogs(batchOf(sent).batch, env);
    expect(await letters()).toEqual([{ reason: 'unusable message', body: 'garbage' }]);
  });

  it('a message that was tried so often that the platform would give it up is kept whole, and can be put back', async () => {
    await env.DB.prepare('DELETE FROM dead_letters').run();
    const ledger = await openLedger();
    await settleSome(ledger, 1);
    const { batch, said } = batchOf(ledger.queue.splice(0));
    const DB = { prepare: (sql: string) => env.DB.prepare(sql), batch: () => Promise.reject(new Error('D1 fails')) };
    const { places, sent } = withLetters();
    const messages = batch.messages.map((message) => ({ ...message, attempts: 100 }));
    await consumeLogs({ ...batch, messages }, { ...places, DB: DB as never });
    expect(said).toEqual(['ack']);
    await consumeLogs(batchOf(sent).batch, env);
    expect(await letters()).toMatchObject([{ reason: 'too many retries', body: { kind: 'rows' } }]);
    expect((await internal('/internal/ledger/dead-letters/message-0/retry', { method: 'POST' })).status).toBe(200);
    expect(await letters()).toEqual([]);
    await vi.waitFor(async () => expect(await sumsOf(ledger)).toEqual(clean(1)), { timeout: 5_000 });
  });

  it('I4 one that comes after its rows were pruned counts nothing, and is put aside', async () => {
    const ledger = await openLedger();
    const { key, stub } = ledger;
    const late = settlement({ costNanoUsd: 10, usage: tokens(1) });
    await stub.settle(key, late);
    await drain(ledger);
    clock.pass(4 * DAY);
    await ledger.ring();
    expect(await ledger.rows()).toEqual([]);
    const { places, sent } = withLetters();
    await consumeLogs(batchOf([{ kind: 'settle', key, settlement: late }]).batch, places);
    expect(sent).toMatchObject([{ reason: 'too late to count' }]);
    expect(await sumsOf(ledger)).toEqual(clean(1));
  });
});

describe('D1', () => {
  it('that fails is asked again later each time, so that the tries of a message outlast an outage of half a day', async () => {
    const ledger = await openLedger();
    await settleSome(ledger, 1);
    const { batch } = batchOf(ledger.queue.splice(0));
    const pauses: number[] = [];
    const DB = { prepare: (sql: string) => env.DB.prepare(sql), batch: () => Promise.reject(new Error('D1 fails')) };
    for (let attempts = 1; attempts < 100; attempts += 1) {
      const retry = (options?: QueueRetryOptions) => void pauses.push(options?.delaySeconds ?? 0);
      const messages = batch.messages.map((message) => ({ ...message, attempts, retry }));
      await consumeLogs({ ...batch, messages }, { ...env, DB: DB as never });
    }
    expect(pauses[0]).toBe(30);
    expect(Math.max(...pauses)).toBe(600);
    expect(pauses.reduce((sum, pause) => sum + pause, 0) * SECOND).toBeGreaterThan(12 * HOUR);
  });

  it('I10 fails for ten minutes: nothing is lost, requests are settled, and the lag drains', async () => {
    const ledger = await openLedger();
    const failing = {
      ...env,
      DB: {
        prepare: (sql: string) => env.DB.prepare(sql),
        batch: () => Promise.reject(new Error('D1 fails')),
      } as never,
    };
    for (let minute = 0; minute < 10; minute += 1) {
      await settleSome(ledger, 3);
      const { batch, said } = batchOf(ledger.queue);
      await consumeLogs(batch, failing);
      expect(said.every((word) => word === 'retry')).toBe(true);
      // The queue may keep them, or forget them.
      if (minute % 2 === 0) ledger.queue.splice(0);
      if (minute === 5) await ledger.evict();
      clock.pass(MINUTE);
    }
    expect(await ledger.stub.sums()).toMatchObject({ outbox: 30 });
    expect((await sumsOf(ledger)).rows).toBe(0);
    await expectClean([ledger], 30);
  });
});

describe('retention', () => {
  /** Rows as old as asked, straight into D1 as the consumer writes them. */
  async function logOld(ledger: Ledger, count: number, age: number): Promise<void> {
    const rows = Array.from({ length: count }, () => {
      const at = clock.now() - age;
      const { id: keyId, owner, purpose } = ledger.key;
      return {
        ...settlement({ requestId: requestId(at), costNanoUsd: 10 }),
        kind: 'settle',
        keyId,
        owner,
        purpose,
        day: '2026-01-01',
      };
    });
    const places = {
      ...env,
      KEY_LEDGER: {
        getByName: () => ({ acknowledge: async () => undefined, unconfirmed: async (names: unknown) => names }),
      } as never,
    };
    await consumeLogs(batchOf([{ kind: 'rows', rows }]).batch, places);
  }

  it('takes rows older than LOG_RETENTION_DAYS, in batches; daily sums and the check stay', async () => {
    const ledger = await openLedger();
    await settleSome(ledger, 4);
    await drain(ledger);
    await logOld(ledger, 1_203, 31 * DAY);
    await sweep(env, clock.now());
    const { rows, daily, requests } = await sumsOf(ledger);
    expect({ rows, daily, requests }).toEqual({ rows: 4, daily: 12_070, requests: 1_207 });
    const pruned = await env.DB.prepare('SELECT cost_nano_usd AS cost FROM pruned_logs WHERE key_id = ?')
      .bind(ledger.key.id)
      .first();
    expect(pruned).toEqual({ cost: 12_030 });
  });

  it('I1 holds after it, and after a repair: a row that D1 has let go is not counted again', async () => {
    const ledger = await openLedger();
    await settleSome(ledger, 2);
    const again = structuredClone(ledger.queue);
    await drain(ledger);
    clock.pass(2 * DAY);
    await settleSome(ledger, 1);
    await drain(ledger);
    await sweep({ ...env, LOG_RETENTION_DAYS: '1' }, clock.now());
    const sums = { ...clean(3), rows: 1, d1: 10 };
    expect(await sumsOf(ledger)).toEqual(sums);
    // A dead letter that is put back, days later; and a repair, which sends what D1 still keeps.
    await consumeLogs(batchOf(again).batch, env);
    expect(await sumsOf(ledger)).toEqual(sums);
    await withVariables(ledger, { LOG_RETENTION_DAYS: '1' }, (brief) => brief.resend());
    expect(ledger.queue.flatMap((message) => (message.kind === 'rows' ? message.rows : []))).toHaveLength(1);
    await consumeLogs(batchOf(ledger.queue.splice(0)).batch, env);
    expect(await sumsOf(ledger)).toEqual(sums);
    const check = await (await internal('/internal/ledger/check')).json<{ data: { key_id: string }[] }>();
    expect(check.data.find(({ key_id }) => key_id === ledger.key.id)).toMatchObject({
      ledger_nano_usd: 30,
      d1_nano_usd: 30,
      daily_nano_usd: 30,
    });
  });
});
