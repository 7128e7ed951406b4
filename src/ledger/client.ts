import type { LogMessage } from '../logs/message.ts';
import { RouterError } from '../protocol/errors.ts';
import type { ApiKey } from '../store/schema.ts';
import type { Admission, Checkpoint, CheckpointAnswer, LeaseRequest, Settlement } from './entry.ts';
import type { KeyLedger } from './key-ledger.ts';

/** Where ledgers are, and the way to them when they cannot be reached. */
export interface LedgerPlaces {
  KEY_LEDGER: Pick<DurableObjectNamespace<KeyLedger>, 'getByName'>;
  LOG_QUEUE: Pick<Queue, 'send'>;
}

// A key with limits waits no longer than this for the ledger's word.
const BEGIN_TIMEOUT_MS = 1_500;
// Three tries and their pauses fit into the half minute that a Worker has after its client left.
const SETTLE_TIMEOUT_MS = 7_000;
const SETTLE_TRIES = 3;
const SETTLE_PAUSE_MS = 200;

function unavailable(cause?: unknown): RouterError {
  const message = 'The ledger that counts this key cannot be reached at the moment. Try again shortly.';
  return new RouterError('ledger_unavailable', message, { retryAfter: 2, cause });
}

/** A call that may hang as well as fail. Throws RouterError `ledger_unavailable` for both. */
async function inTime<T>(milliseconds: number, call: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(unavailable()), milliseconds);
  try {
    return await Promise.race([call(), late.promise]);
  } catch (cause) {
    throw cause instanceof RouterError ? cause : unavailable(cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks whether a request may run. Throws RouterError `ledger_unavailable` after 1.5 s. */
export function beginRequest(places: LedgerPlaces, key: ApiKey, lease: LeaseRequest): Promise<Admission> {
  return inTime<Admission>(BEGIN_TIMEOUT_MS, async () => places.KEY_LEDGER.getByName(key.id).begin(key, lease));
}

/** Tells how far a request is. An unreachable ledger is no reason to stop: the lease then runs out by itself. */
export async function checkpointRequest(
  places: LedgerPlaces,
  keyId: string,
  checkpoint: Checkpoint,
): Promise<CheckpointAnswer> {
  try {
    return await places.KEY_LEDGER.getByName(keyId).checkpoint(checkpoint);
  } catch {
    return { kind: 'continue' };
  }
}

/** Settles, trying again with the same id; at last through the queue. Rejects only when that fails too: the lease then settles it. */
export async function settleRequest(places: LedgerPlaces, key: ApiKey, settlement: Settlement): Promise<void> {
  for (let attempt = 1; attempt <= SETTLE_TRIES; attempt += 1) {
    try {
      await inTime(SETTLE_TIMEOUT_MS, () => places.KEY_LEDGER.getByName(key.id).settle(key, settlement));
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS * attempt));
    }
  }
  const message: LogMessage = { kind: 'settle', key, settlement };
  await places.LOG_QUEUE.send(message);
}
