import type { LedgerRow } from '../ledger/entry.ts';
import type { KeyLedger } from '../ledger/key-ledger.ts';
import { insertLogs } from '../store/insert-logs.ts';
import { type LogMessage, readMessage } from './message.ts';

/** What the consumer works on. */
export interface ConsumerPlaces {
  DB: D1Database;
  DEAD_LETTERS: Pick<Queue, 'send'>;
  KEY_LEDGER: Pick<DurableObjectNamespace<KeyLedger>, 'getByName'>;
}

// D1 resets and stalls pass within seconds or minutes.
const RETRY_AFTER_S = 30;

/** Tells the ledgers that D1 has their rows. One that cannot be told sends them again: no harm. */
async function acknowledge(places: ConsumerPlaces, rows: readonly LedgerRow[]): Promise<void> {
  const byKey = Map.groupBy(rows, (row) => row.keyId);
  const tellings = [...byKey].map(([keyId, own]) =>
    places.KEY_LEDGER.getByName(keyId).acknowledge(own.map(({ requestId, kind }) => ({ requestId, kind }))),
  );
  await Promise.allSettled(tellings);
}

/** Writes rows to D1 in one transaction, then tells their ledgers. Throws when D1 fails. */
async function storeRows(places: ConsumerPlaces, messages: readonly LogMessage[]): Promise<void> {
  const batches = messages.flatMap((message) => (message.kind === 'rows' ? [message.rows] : []));
  if (batches.length === 0) return;
  await places.DB.batch(batches.map((rows) => insertLogs(places.DB, rows)));
  await acknowledge(places, batches.flat());
}

async function bringSettlements(places: ConsumerPlaces, messages: readonly LogMessage[]): Promise<void> {
  for (const message of messages) {
    if (message.kind !== 'settle') continue;
    await places.KEY_LEDGER.getByName(message.key.id).settle(message.key, message.settlement);
  }
}

function report(kind: LogMessage['kind'], cause: unknown): void {
  const fault = cause instanceof Error ? cause.name : typeof cause;
  console.error(JSON.stringify({ level: 'error', event: 'log_batch_failed', kind, fault }));
}

/** Reads a message and puts aside what cannot be stored. Null where nothing is left to do with it. */
async function take(message: Message, places: ConsumerPlaces): Promise<{ message: Message; body: LogMessage } | null> {
  const { message: body, unusable } = readMessage(message.body);
  if (unusable !== null) {
    try {
      await places.DEAD_LETTERS.send({ id: message.id, reason: 'unusable message', body: unusable });
    } catch {
      // Read again later, whole: storing its good rows twice does no harm.
      message.retry({ delaySeconds: RETRY_AFTER_S });
      return null;
    }
  }
  if (body !== null) return { message, body };
  message.ack();
  return null;
}

const STEPS = [
  { kind: 'rows', run: storeRows },
  { kind: 'settle', run: bringSettlements },
] as const;

/** Stores what the log queue brings. Every message ends in D1, back in the queue, or among the dead letters. */
export async function consumeLogs(batch: MessageBatch, places: ConsumerPlaces): Promise<void> {
  const taken = await Promise.all(batch.messages.map((message) => take(message, places)));
  const usable = taken.filter((message) => message !== null);
  for (const { kind, run } of STEPS) {
    const own = usable.filter(({ body }) => body.kind === kind);
    const bodies = own.map(({ body }) => body);
    try {
      await run(places, bodies);
      for (const { message } of own) message.ack();
    } catch (cause) {
      report(kind, cause);
      for (const { message } of own) message.retry({ delaySeconds: RETRY_AFTER_S });
    }
  }
}
