import { logFault } from '../../log-line.ts';
import { requestIdFloor } from '../../protocol/request-id.ts';
import { insertLogs } from '../../store/insert-logs.ts';
import { whileBusy } from '../../store/while-busy.ts';
import type { LedgerRow } from '../calls.ts';
import type { KeyLedger } from '../key-ledger.ts';
import type { RowName } from '../outbox.ts';
import { keepDeadLetters, letterOf, readLetter } from './dead-letters.ts';
import { type LogMessage, readMessage } from './message.ts';

/** What the consumer works on. */
export interface ConsumerPlaces {
  DB: D1Database;
  DEAD_LETTERS: Pick<Queue, 'send'>;
  KEY_LEDGER: Pick<DurableObjectNamespace<KeyLedger>, 'getByName'>;
}

// D1 resets and stalls pass within seconds or minutes; an outage may last for hours. With these pauses the hundred tries
// of a message reach over more than half a day. The platform would move it after one more (wrangler.jsonc).
const RETRY_AFTER_S = 30;
const LONGEST_RETRY_AFTER_S = 600;
const TRIES = 100;
// Retention is a day at least; some hours less, for what is on its way.
const ASK_AFTER_MS = 20 * 3_600_000;

type RowsMessage = Extract<LogMessage, { kind: 'rows' }>;
type SettleMessage = Extract<LogMessage, { kind: 'settle' }>;

/** A message and what it holds. */
interface Taken<Body extends LogMessage = LogMessage> {
  message: Message;
  body: Body;
}

function nameOf({ requestId, kind }: LedgerRow): RowName {
  return { requestId, kind };
}

/** Tells the ledgers that D1 has their rows. One that cannot be told sends them again: no harm. */
async function acknowledge(places: ConsumerPlaces, rows: readonly LedgerRow[]): Promise<void> {
  const byKey = Map.groupBy(rows, (row) => row.keyId);
  const tellings = [...byKey].map(([keyId, own]) => places.KEY_LEDGER.getByName(keyId).acknowledge(own.map(nameOf)));
  await Promise.allSettled(tellings);
}

/**
 * Leaves out what D1 has had. Its primary key sees to that, but only until retention takes a row away, which it
 * does after a day at the soonest: of an older row the ledger is asked. Dead letters come back as late as that.
 */
async function withoutForgotten(places: ConsumerPlaces, rows: readonly LedgerRow[], now: number): Promise<LedgerRow[]> {
  const floor = requestIdFloor(now - ASK_AFTER_MS);
  const old = rows.filter((row) => row.requestId < floor);
  const recent = rows.filter((row) => row.requestId >= floor);
  const asked = [...Map.groupBy(old, (row) => row.keyId)].map(async ([keyId, own]) => {
    const missing = await places.KEY_LEDGER.getByName(keyId).unconfirmed(own.map(nameOf));
    const names = new Set(missing.map(({ requestId, kind }) => `${requestId}/${kind}`));
    return own.filter(({ requestId, kind }) => names.has(`${requestId}/${kind}`));
  });
  return [...recent, ...(await Promise.all(asked)).flat()];
}

/** Writes rows to D1 in one transaction, then tells their ledgers. Throws when D1 fails. */
async function storeRows(places: ConsumerPlaces, taken: readonly Taken<RowsMessage>[]): Promise<void> {
  if (taken.length === 0) return;
  const batches = await Promise.all(taken.map(({ body }) => withoutForgotten(places, body.rows, Date.now())));
  const full = batches.filter((rows) => rows.length > 0);
  if (full.length > 0) await whileBusy(() => places.DB.batch(full.map((rows) => insertLogs(places.DB, rows))));
  await acknowledge(places, batches.flat());
}

async function bringSettlement(places: ConsumerPlaces, { message, body }: Taken<SettleMessage>): Promise<void> {
  const answer = await places.KEY_LEDGER.getByName(body.key.id).settle(body.key, body.settlement);
  if (answer.kind === 'too_late') await places.DEAD_LETTERS.send(letterOf(message, 'too late to count', body));
}

/** Has a message brought again, later each time; after so many times it is a dead letter. */
async function bringLater(message: Message, places: ConsumerPlaces): Promise<void> {
  if (message.attempts >= TRIES) {
    try {
      await places.DEAD_LETTERS.send(letterOf(message, 'too many retries', message.body));
      message.ack();
      return;
    } catch (cause) {
      logFault('dead_letter_failed', cause);
    }
  }
  message.retry({ delaySeconds: Math.min(RETRY_AFTER_S * message.attempts, LONGEST_RETRY_AFTER_S) });
}

/** Reads a message and puts aside what cannot be stored. Null where nothing is left to do with it. */
async function take(message: Message, places: ConsumerPlaces): Promise<Taken | null> {
  const { message: body, unusable } = readMessage(message.body);
  if (unusable !== null) {
    try {
      await places.DEAD_LETTERS.send(letterOf(message, 'unusable message', unusable));
    } catch {
      // Read again later, whole: storing its good rows twice does no harm.
      await bringLater(message, places);
      return null;
    }
  }
  if (body !== null) return { message, body };
  message.ack();
  return null;
}

/** Does a job, and then lets its messages go, or has them brought again. */
async function attempt(taken: readonly Taken[], job: Promise<void>, places: ConsumerPlaces): Promise<void> {
  try {
    await job;
    for (const { message } of taken) message.ack();
  } catch (cause) {
    logFault('log_batch_failed', cause, { kind: taken[0]?.body.kind });
    for (const { message } of taken) await bringLater(message, places);
  }
}

/** Stores what the queues bring. Every message ends in D1, back in its queue, or among the dead letters. */
export async function consumeLogs(batch: MessageBatch, places: ConsumerPlaces): Promise<void> {
  const read = batch.messages.map((message) => ({ message, letter: readLetter(message) }));
  await keepDeadLetters(
    read.flatMap(({ message, letter }) => (letter === null ? [] : [{ message, letter }])),
    places,
  );
  const others = read.filter(({ letter }) => letter === null);
  const taken = await Promise.all(others.map(({ message }) => take(message, places)));
  const rows: Taken<RowsMessage>[] = [];
  const settlements: Taken<SettleMessage>[] = [];
  for (const { message, body } of taken.filter((message) => message !== null)) {
    if (body.kind === 'rows') rows.push({ message, body });
    else settlements.push({ message, body });
  }
  await attempt(rows, storeRows(places, rows), places);
  // Each for itself: one ledger that cannot be reached does not hold up the others.
  for (const settlement of settlements) await attempt([settlement], bringSettlement(places, settlement), places);
}
