import { inTime } from '../in-time.ts';
import type { KeyVerdict } from '../keys/judge-key.ts';
import { logFault } from '../log-line.ts';
import { RouterError } from '../protocol/errors.ts';
import type { ApiKey } from '../store/schema.ts';
import type { Admission, Checkpoint, CheckpointAnswer, LeaseRequest, SettleAnswer, Settlement } from './calls.ts';
import { settleMessage } from './delivery/message.ts';
import type { KeyLedger } from './key-ledger.ts';

/** Where ledgers are, and the way to them when they cannot be reached. */
export interface LedgerPlaces {
  KEY_LEDGER: Pick<DurableObjectNamespace<KeyLedger>, 'getByName'>;
  LOG_QUEUE: Pick<Queue, 'send'>;
}

// A key with limits waits no longer than this for the ledger's word.
const BEGIN_TIMEOUT_MS = 1_500;
const JUDGE_TIMEOUT_MS = 1_000;
// Three tries and their pauses fit into the half minute that a Worker has after its client left.
const SETTLE_TIMEOUT_MS = 7_000;
const SETTLE_TRIES = 3;
const SETTLE_PAUSE_MS = 200;

/** The error where a key's ledger does not answer. */
export function ledgerUnavailable(cause: unknown): RouterError {
  const message = 'The ledger that counts this key cannot be reached at the moment. Try again shortly.';
  return new RouterError('ledger_unavailable', message, { retryAfter: 2, cause });
}

/** Asks whether a request may run. Throws RouterError `ledger_unavailable` where it fails, or takes more than 1.5 s. */
export async function beginRequest(places: LedgerPlaces, key: ApiKey, lease: LeaseRequest): Promise<Admission> {
  try {
    return await inTime<Admission>(BEGIN_TIMEOUT_MS, places.KEY_LEDGER.getByName(key.id).begin(key, lease));
  } catch (cause) {
    throw ledgerUnavailable(cause);
  }
}

/**
 * Asks whether a secret may be used now, for what does not pass `begin`. Null where it may, and where the ledger is
 * out of reach: as for a key without limits what the isolate knows holds then, which is at most a minute old.
 */
export async function judgeSecret(
  places: Pick<LedgerPlaces, 'KEY_LEDGER'>,
  key: ApiKey,
  keyHash: string,
): Promise<KeyVerdict> {
  try {
    return await inTime<KeyVerdict>(JUDGE_TIMEOUT_MS, places.KEY_LEDGER.getByName(key.id).judge(key, keyHash));
  } catch (cause) {
    logFault('ledger_unavailable', cause, { key_id: key.id });
    return null;
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

/**
 * Settles, trying again with the same id; at last through the queue, which answers null. Rejects only when that fails
 * too: the lease then settles it.
 */
export async function settleRequest(
  places: LedgerPlaces,
  key: ApiKey,
  settlement: Settlement,
): Promise<SettleAnswer | null> {
  for (let attempt = 1; attempt <= SETTLE_TRIES; attempt += 1) {
    try {
      return await inTime<SettleAnswer>(SETTLE_TIMEOUT_MS, places.KEY_LEDGER.getByName(key.id).settle(key, settlement));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS * attempt));
    }
  }
  await places.LOG_QUEUE.send(settleMessage(key, settlement));
  return null;
}
