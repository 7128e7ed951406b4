import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { LeaseRequest, LedgerRow, Settlement } from '../../src/ledger/calls.ts';
import { consumeLogs } from '../../src/ledger/delivery/consumer.ts';
import type { LogMessage } from '../../src/ledger/delivery/message.ts';
import { KeyLedger, WRITE_LEASES_AFTER_MS } from '../../src/ledger/key-ledger.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import { NO_USAGE, type Usage } from '../../src/protocol/usage.ts';
import type { KeySettings } from '../../src/store/keys.ts';
import type { ApiKey } from '../../src/store/schema.ts';
import { makeUsedKey } from './keys.ts';
import { ledgerRows } from './ledger-row.ts';

/** A lease of a key without limits is on disk after this. */
const LEASES_WRITTEN_MS = WRITE_LEASES_AFTER_MS + 10;
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

// Far ahead of the true time, so that no alarm rings by itself: a test rings it.
let now = Math.ceil(Date.now() / DAY) * DAY + 30 * DAY;

/** The clock of the Worker and of its objects, held in the test's hands: it only goes on. Ends with `vi.restoreAllMocks()`. */
export const clock = {
  start: () => vi.spyOn(Date, 'now').mockImplementation(() => now),
  now: () => now,
  pass(milliseconds: number): void {
    now += milliseconds;
  },
};

function facts(id = requestId(now)) {
  return {
    requestId: id,
    endpoint: 'chat',
    provider: 'test',
    model: 'echo',
    requestedModel: 'test/echo',
    session: null,
    tags: null,
    stream: true,
    startedAt: now,
    colo: null,
    priceRevision: 'test-1',
  };
}

export function lease(key: ApiKey, changes: Partial<LeaseRequest> = {}): LeaseRequest {
  const amounts = { holdNanoUsd: 0, inputEstimate: 0, inputCostNanoUsd: 0 };
  return { ...facts(changes.requestId), keyHash: key.hash, ...amounts, priced: true, ...changes };
}

export function settlement(changes: Partial<Settlement> = {}): Settlement {
  return {
    ...facts(changes.requestId),
    status: 200,
    end: 'completed',
    source: 'reported',
    usage: NO_USAGE,
    costNanoUsd: 0,
    attempts: [],
    notice: null,
    finishReason: 'stop',
    vendorFinishReason: 'stop',
    errorCode: null,
    repeated: null,
    firstTokenMs: null,
    durationMs: 0,
    ...changes,
  };
}

export const tokens = (inputTokens: number): Usage => ({ ...NO_USAGE, inputTokens });

export interface Ledger {
  key: ApiKey;
  secret: string;
  stub: DurableObjectStub<KeyLedger>;
  /** What the object has given to its queue and nobody has taken out yet. */
  queue: LogMessage[];
  /** A queue that takes nothing. */
  refuse(isRefusing: boolean): void;
  /** Takes the object out of memory; only its storage is left. The platform does so after seconds without a call. */
  evict(): Promise<void>;
  /** The same at once, whatever the object was about to do. */
  kill(): Promise<void>;
  ring(): Promise<boolean>;
  /** The object's rows, in the order of their ids. */
  rows(): Promise<LedgerRow[]>;
}

/** The ledger of a new key. Its queue is an array, so that a test decides what is delivered when, and how often. */
export async function openLedger(settings: KeySettings = {}): Promise<Ledger> {
  const { key, secret } = await makeUsedKey(settings);
  const stub = env.KEY_LEDGER.getByName(key.id);
  const queue: LogMessage[] = [];
  let isRefusing = false;
  const LOG_QUEUE = {
    async send(message: LogMessage) {
      if (isRefusing) throw new Error('the queue refuses');
      queue.push(structuredClone(message));
    },
  };
  const plug = () =>
    runInDurableObject(stub, (instance) => {
      Object.defineProperty(instance, 'env', { value: { ...env, LOG_QUEUE }, configurable: true });
    });
  await plug();
  const kill = async () => {
    await evictDurableObject(stub);
    await plug();
  };
  return {
    ...{ key, secret },
    stub,
    queue,
    refuse: (value) => {
      isRefusing = value;
    },
    async evict() {
      await scheduler.wait(LEASES_WRITTEN_MS);
      await kill();
    },
    kill,
    ring: () => runDurableObjectAlarm(stub),
    rows: () => ledgerRows(key.id),
  };
}

/** A second object on the same storage, with other variables: what it would be after a deployment. */
export function withVariables<T>(
  { stub, queue }: Ledger,
  variables: Record<string, unknown>,
  run: (ledger: KeyLedger) => Promise<T>,
): Promise<T> {
  const LOG_QUEUE = { send: async (message: LogMessage) => void queue.push(structuredClone(message)) };
  // Tests give texts for texts, and of the queue only what the ledger uses.
  const changed = { ...env, LOG_QUEUE, ...variables } as unknown as Cloudflare.Env;
  return runInDurableObject(stub, (_instance, state) => run(new KeyLedger(state, changed)));
}

/** A queue's batch, and what the consumer said of each message. */
export function batchOf(bodies: readonly unknown[]) {
  const said: ('ack' | 'retry' | null)[] = bodies.map(() => null);
  // The first word on a message holds.
  const say = (position: number, word: 'ack' | 'retry') => {
    said[position] ??= word;
  };
  const messages = bodies.map((body, position) => ({
    id: `message-${position}`,
    timestamp: new Date(now),
    attempts: 1,
    body: structuredClone(body),
    ack: () => say(position, 'ack'),
    retry: () => say(position, 'retry'),
  }));
  const batch: MessageBatch = {
    queue: 'llm-router-logs',
    messages,
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    ackAll: () => said.fill('ack'),
    retryAll: () => said.fill('retry'),
  };
  return { batch, said };
}

/** Delivers everything, alarm after alarm, until D1 has confirmed all. */
export async function drain(ledger: Ledger): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await ledger.ring();
    await consumeLogs(batchOf(ledger.queue.splice(0)).batch, env);
    const { outbox, openLeases } = await ledger.stub.sums();
    if (outbox === 0 && openLeases === 0) return;
    clock.pass(5 * MINUTE);
  }
  throw new Error('The ledger did not come to rest.');
}

/** The three sums of I1, and the rows that D1 has. */
export async function sumsOf({ key, stub }: Ledger) {
  const { ledgerNanoUsd, heldNanoUsd, openLeases } = await stub.sums();
  const first = async (sql: string) =>
    await env.DB.prepare(sql).bind(key.id).first<{ sum: number | null; count: number }>();
  const logged = await first('SELECT sum(cost_nano_usd) AS sum, count(*) AS count FROM request_logs WHERE key_id = ?');
  const daily = await first(
    'SELECT sum(cost_nano_usd) AS sum, sum(requests) AS count FROM usage_daily WHERE key_id = ?',
  );
  // Months are sums of days, by owner and team as they are: wherever sums are looked at, these are too.
  const { results: apart } = await env.DB.prepare(
    `SELECT month, owner, team, sum(cost) AS difference FROM (
       SELECT month, owner, team, cost_nano_usd AS cost FROM usage_monthly WHERE key_id = ?1
       UNION ALL SELECT substr(day, 1, 7), owner, team, -cost_nano_usd FROM usage_daily WHERE key_id = ?1
     ) GROUP BY 1, 2, 3 HAVING difference <> 0`,
  )
    .bind(key.id)
    .all();
  if (apart.length > 0) throw new Error(`Months and days differ: ${JSON.stringify(apart)}`);
  return {
    ledger: ledgerNanoUsd,
    d1: logged?.sum ?? 0,
    daily: daily?.sum ?? 0,
    held: heldNanoUsd,
    openLeases,
    rows: logged?.count ?? 0,
    requests: daily?.count ?? 0,
  };
}
