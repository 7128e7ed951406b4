import { inTime } from '../in-time.ts';
import type { KeyVerdict } from '../keys/judge-key.ts';
import { ledgerOf } from '../keys/ledger-of.ts';
import { logFault } from '../log-line.ts';
import { RouterError } from '../protocol/errors.ts';
import { hasLedger } from '../protocol/ledger-place.ts';
import type { ApiKey } from '../store/schema.ts';
import type { Admission, Checkpoint, CheckpointAnswer, LeaseRequest, SettleAnswer, Settlement } from './calls.ts';
import { settleMessage } from './delivery/message.ts';
import type { KeyLedger } from './key-ledger.ts';
import { registered, withKnownLedger } from './register.ts';
import type { LedgerState } from './state.ts';
import { storeRefusal } from './store-refusal.ts';

// A key with limits waits no longer than this for the ledger's word.
const BEGIN_TIMEOUT_MS = 1_500;
const JUDGE_TIMEOUT_MS = 1_000;
// Three tries and their pauses fit into the half minute that a Worker has after its client left.
const SETTLE_TIMEOUT_MS = 7_000;
const SETTLE_TRIES = 3;
const SETTLE_PAUSE_MS = 200;

/** The error where a key's ledger does not answer. */
function ledgerUnavailable(cause: unknown): RouterError {
  const message = 'The ledger that counts this key cannot be reached at the moment. Try again shortly.';
  return new RouterError('ledger_unavailable', message, { retryAfter: 2, cause });
}

/** What a client's request asks of a key's ledger, which its first one makes. */
async function ask<T>(
  env: Cloudflare.Env,
  given: ApiKey,
  question: (ledger: DurableObjectStub<KeyLedger>, key: ApiKey) => Promise<T>,
): Promise<T> {
  const key = await registered(env, given);
  return await question(ledgerOf<DurableObjectStub<KeyLedger>>(env.KEY_LEDGER, key), key);
}

/** Asks whether a request may run. Throws RouterError `ledger_unavailable` where it fails, or takes more than 1.5 s. */
export async function beginRequest(env: Cloudflare.Env, key: ApiKey, lease: LeaseRequest): Promise<Admission> {
  try {
    const asking = ask<Admission>(env, key, (ledger, known) => ledger.begin(known, lease));
    return await inTime(BEGIN_TIMEOUT_MS, asking);
  } catch (cause) {
    throw ledgerUnavailable(cause);
  }
}

/**
 * Asks whether a secret may be used now, for what does not pass `begin`. Null where it may, and where the ledger is
 * out of reach: as for a key without limits what the isolate knows holds then, which is at most a minute old.
 */
export async function judgeSecret(env: Cloudflare.Env, key: ApiKey, keyHash: string): Promise<KeyVerdict> {
  try {
    const asking = ask<KeyVerdict>(env, key, (ledger, known) => ledger.judge(known, keyHash));
    return await inTime(JUDGE_TIMEOUT_MS, asking);
  } catch (cause) {
    logFault('ledger_unavailable', cause, { key_id: key.id });
    return null;
  }
}

/** Where a key stands, for its holder. Throws RouterError `ledger_unavailable`. */
export async function readOwnState(env: Cloudflare.Env, key: ApiKey): Promise<LedgerState> {
  try {
    return await ask<LedgerState>(env, key, (ledger, known) => ledger.state(known));
  } catch (cause) {
    throw ledgerUnavailable(cause);
  }
}

/** Tells how far a request is. An unreachable ledger is no reason to stop: the lease then runs out by itself. */
export async function checkpointRequest(
  env: Cloudflare.Env,
  key: ApiKey,
  checkpoint: Checkpoint,
): Promise<CheckpointAnswer> {
  try {
    return await ask<CheckpointAnswer>(env, key, (ledger) => ledger.checkpoint(checkpoint));
  } catch {
    return { kind: 'continue' };
  }
}

/**
 * Settles, trying again with the same id; at last through the queue, which answers null. Rejects only when that fails
 * too: the lease then settles it.
 */
export async function settleRequest(
  env: Cloudflare.Env,
  key: ApiKey,
  settlement: Settlement,
): Promise<SettleAnswer | null> {
  for (let attempt = 1; attempt <= SETTLE_TRIES; attempt += 1) {
    try {
      const settling = ask<SettleAnswer>(env, key, (ledger, known) => ledger.settle(known, settlement));
      return await inTime(SETTLE_TIMEOUT_MS, settling);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS * attempt));
    }
  }
  await env.LOG_QUEUE.send(settleMessage(withKnownLedger(key), settlement));
  return null;
}

/**
 * The same for the refusal of a key that may not be used at all: that makes no ledger. Where there is none its row goes
 * right to D1, or by the queue while D1 fails.
 */
export async function settleRefusedKey(
  env: Cloudflare.Env,
  key: ApiKey,
  settlement: Settlement,
): Promise<SettleAnswer | null> {
  if (hasLedger(withKnownLedger(key))) return await settleRequest(env, key, settlement);
  try {
    return { kind: (await storeRefusal(env, key, settlement)) ? 'settled' : 'uncounted' };
  } catch {
    await env.LOG_QUEUE.send(settleMessage(key, settlement));
    return null;
  }
}
