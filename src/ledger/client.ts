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
const SETTLE_TRIES = 3;
const SETTLE_PAUSE_MS = 200;

function unavailable(cause?: unknown): RouterError {
  const message = 'The ledger that counts this key cannot be reached at the moment. Try again shortly.';
  return new RouterError('ledger_unavailable', message, { retryAfter: 2, cause });
}

/** Asks whether a request may run. Throws RouterError `ledger_unavailable` after 1.5 s. */
export async function beginRequest(places: LedgerPlaces, key: ApiKey, lease: LeaseRequest): Promise<Admission> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable()), BEGIN_TIMEOUT_MS);
  });
  try {
    return await Promise.race([places.KEY_LEDGER.getByName(key.id).begin(key, lease), late]);
  } catch (cause) {
    throw cause instanceof RouterError ? cause : unavailable(cause);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
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
      await places.KEY_LEDGER.getByName(key.id).settle(key, settlement);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS * attempt));
    }
  }
  const message: LogMessage = { kind: 'settle', key, settlement };
  await places.LOG_QUEUE.send(message);
}
