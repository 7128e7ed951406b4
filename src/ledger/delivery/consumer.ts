import { readConfig } from '../../config.ts';
import { ledgerOf } from '../../keys/ledger-of.ts';
import { logFault } from '../../log-line.ts';
import { hasLedger } from '../../protocol/ledger-place.ts';
import { requestIdFloor } from '../../protocol/request-id.ts';
import { openDatabase } from '../../store/database.ts';
import { insertLogs } from '../../store/insert-logs.ts';
import { findLedger, insertLedgers, type LedgerAddress, registerLedger } from '../../store/ledgers.ts';
import { whileBusy } from '../../store/while-busy.ts';
import type { LedgerRow } from '../calls.ts';
import type { KeyLedger } from '../key-ledger.ts';
import type { RowName } from '../outbox.ts';
import { storeRefusal } from '../store-refusal.ts';
import { keepDeadLetters, letterOf, readLetter } from './dead-letters.ts';
import { type LogMessage, readMessage } from './message.ts';

// D1 resets and stalls pass within seconds or minutes; an outage may last for hours. With these pauses the hundred tries
// of a message reach over more than half a day. The platform would move it after one more (wrangler.jsonc).
const RETRY_AFTER_S = 30;
const LONGEST_RETRY_AFTER_S = 600;
const TRIES = 100;
const TOO_LATE = 'too late to count';
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

type Ledger = DurableObjectStub<KeyLedger>;

/** Where the ledgers are that rows come from, by key id. */
type Senders = ReadonlyMap<string, LedgerAddress>;

function sendersOf(taken: readonly Taken<RowsMessage>[]): Senders {
  const addresses = taken.flatMap(({ body: { rows, jurisdiction: ledgerJurisdiction = null } }) =>
    rows.map(({ keyId: id }) => [id, { id, ledgerJurisdiction, ledgerLocation: null }] as const),
  );
  return new Map(addresses);
}

/** Asks each row's ledger of its own rows. */
function askLedgers<T>(
  env: Cloudflare.Env,
  senders: Senders,
  rows: readonly LedgerRow[],
  question: (ledger: Ledger, own: LedgerRow[]) => Promise<T>,
): Promise<T>[] {
  const byKey = [...Map.groupBy(rows, (row) => row.keyId)];
  const asked = byKey.flatMap(([keyId, own]) =>
    [senders.get(keyId)].flatMap((address) => (address ? [{ address, own }] : [])),
  );
  return asked.map(async ({ address, own }) => await question(ledgerOf<Ledger>(env.KEY_LEDGER, address), own));
}

/** Tells the ledgers that D1 has their rows. One that cannot be told sends them again: no harm. */
async function acknowledge(env: Cloudflare.Env, senders: Senders, rows: readonly LedgerRow[]): Promise<void> {
  await Promise.allSettled(askLedgers(env, senders, rows, (ledger, own) => ledger.acknowledge(own.map(nameOf))));
}

/**
 * Leaves out what D1 has had. Its primary key sees to that, but only until retention takes a row away, which it
 * does after a day at the soonest: of an older row the ledger is asked. Dead letters come back as late as that.
 */
async function withoutForgotten(
  env: Cloudflare.Env,
  senders: Senders,
  rows: readonly LedgerRow[],
  now: number,
): Promise<LedgerRow[]> {
  const floor = requestIdFloor(now - ASK_AFTER_MS);
  const old = rows.filter((row) => row.requestId < floor);
  const recent = rows.filter((row) => row.requestId >= floor);
  const asked = askLedgers(env, senders, old, async (ledger, own) => {
    const missing = await ledger.unconfirmed(own.map(nameOf));
    const names = new Set(missing.map(({ requestId, kind }) => `${requestId}/${kind}`));
    return own.filter(({ requestId, kind }) => names.has(`${requestId}/${kind}`));
  });
  return [...recent, ...(await Promise.all(asked)).flat()];
}

/** Writes rows to D1 in one transaction, then tells their ledgers. Throws when D1 fails. */
async function storeRows(env: Cloudflare.Env, taken: readonly Taken<RowsMessage>[]): Promise<void> {
  if (taken.length === 0) return;
  const senders = sendersOf(taken);
  const now = Date.now();
  const batches = await Promise.all(taken.map(({ body }) => withoutForgotten(env, senders, body.rows, now)));
  const full = batches.filter((rows) => rows.length > 0);
  const statements = full.flatMap((rows) => insertLogs(env.DB, rows));
  if (full.length > 0) {
    await whileBusy(() => env.DB.batch([...statements, insertLedgers(env.DB, [...senders.values()])]));
  }
  await acknowledge(env, senders, batches.flat());
}

/** Writes the refusal of a key that has no ledger. */
async function bringRefusal(env: Cloudflare.Env, { message, body }: Taken<SettleMessage>): Promise<void> {
  const { key, settlement } = body;
  // It may have been written and taken away since.
  const isLate = settlement.requestId < requestIdFloor(Date.now() - ASK_AFTER_MS);
  if (isLate) await env.DEAD_LETTERS.send(letterOf(message, TOO_LATE, body));
  else await storeRefusal(env, key, settlement);
}

/** Where the ledger of a settlement is; made known where it is a new one, which only a request that has begun makes. */
async function findLedgerFor(env: Cloudflare.Env, { key, settlement }: SettleMessage): Promise<LedgerAddress | null> {
  if (hasLedger(key)) return key;
  const found = await findLedger(openDatabase(env.DB), key.id);
  if (found !== null || typeof settlement.repeated === 'number') return found;
  const { ledgerJurisdiction, ledgerLocation } = readConfig(env);
  const address = { id: key.id, ledgerJurisdiction, ledgerLocation };
  await registerLedger(openDatabase(env.DB), address);
  return address;
}

async function bringSettlement(env: Cloudflare.Env, taken: Taken<SettleMessage>): Promise<void> {
  const { message, body } = taken;
  const address = await findLedgerFor(env, body);
  if (address === null) return await bringRefusal(env, taken);
  const key = { ...body.key, ...address };
  const answer = await ledgerOf<Ledger>(env.KEY_LEDGER, address).settle(key, body.settlement);
  if (answer.kind === 'too_late') await env.DEAD_LETTERS.send(letterOf(message, TOO_LATE, body));
}

/** Has a message brought again, later each time; after so many times it is a dead letter. */
async function bringLater(message: Message, env: Cloudflare.Env): Promise<void> {
  if (message.attempts >= TRIES) {
    try {
      await env.DEAD_LETTERS.send(letterOf(message, 'too many retries', message.body));
      message.ack();
      return;
    } catch (cause) {
      logFault('dead_letter_failed', cause);
    }
  }
  message.retry({ delaySeconds: Math.min(RETRY_AFTER_S * message.attempts, LONGEST_RETRY_AFTER_S) });
}

/** Reads a message and puts aside what cannot be stored. Null where nothing is left to do with it. */
async function take(message: Message, env: Cloudflare.Env): Promise<Taken | null> {
  const { message: body, unusable } = readMessage(message.body);
  if (unusable !== null) {
    try {
      await env.DEAD_LETTERS.send(letterOf(message, 'unusable message', unusable));
    } catch {
      // Read again later, whole: storing its good rows twice does no harm.
      await bringLater(message, env);
      return null;
    }
  }
  if (body !== null) return { message, body };
  message.ack();
  return null;
}

/** Does a job, and then lets its messages go, or has them brought again. */
async function attempt(taken: readonly Taken[], job: Promise<void>, env: Cloudflare.Env): Promise<void> {
  try {
    await job;
    for (const { message } of taken) message.ack();
  } catch (cause) {
    logFault('log_batch_failed', cause, { kind: taken[0]?.body.kind });
    for (const { message } of taken) await bringLater(message, env);
  }
}

/** Stores what the queues bring. Every message ends in D1, back in its queue, or among the dead letters. */
export async function consumeLogs(batch: MessageBatch, env: Cloudflare.Env): Promise<void> {
  const read = batch.messages.map((message) => ({ message, letter: readLetter(message) }));
  await keepDeadLetters(
    read.flatMap(({ message, letter }) => (letter === null ? [] : [{ message, letter }])),
    env,
  );
  const others = read.filter(({ letter }) => letter === null);
  const taken = await Promise.all(others.map(({ message }) => take(message, env)));
  const rows: Taken<RowsMessage>[] = [];
  const settlements: Taken<SettleMessage>[] = [];
  for (const { message, body } of taken.filter((message) => message !== null)) {
    if (body.kind === 'rows') rows.push({ message, body });
    else settlements.push({ message, body });
  }
  await attempt(rows, storeRows(env, rows), env);
  // Each for itself: one ledger that cannot be reached does not hold up the others.
  for (const settlement of settlements) await attempt([settlement], bringSettlement(env, settlement), env);
}
