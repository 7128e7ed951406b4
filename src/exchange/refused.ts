import type { Admission } from '../ledger/calls.ts';
import { settleRefusedKey, settleRequest } from '../ledger/client.ts';
import { ownFault, RouterError } from '../protocol/errors.ts';
import { tellRefusal } from './ask-ledger.ts';
import { atMost } from './at-most.ts';
import type { Incoming } from './incoming.ts';
import { refusedOutcome, unservedSettlement } from './outcome.ts';
import { factsOf, type Known } from './request-facts.ts';
import { LONGEST_WAIT_MS } from './settle-first.ts';

/** A request that ends before a provider is called. */
export interface Refused {
  kind: 'refused';
  /** What the client is told. */
  cause: unknown;
  known: Known;
  /** The ledger's word, where it was asked. */
  admission: Promise<Admission | null> | null;
}

/** A step of the line: what it comes to, or the refusal with all that was known by then. */
export async function orRefused<T>(
  known: Known,
  step: () => Promise<T> | T,
): Promise<{ kind: 'passed'; value: T } | Refused> {
  try {
    return { kind: 'passed', value: await step() };
  } catch (cause) {
    return { kind: 'refused', cause, known, admission: null };
  }
}

/** Whether the ledger may hold a lease for the request: it has said yes, or its answer is not known. */
async function mayHaveBegun(admission: Refused['admission']): Promise<boolean> {
  if (admission === null) return false;
  const answer = await admission.catch(() => null);
  return answer?.kind !== 'refused';
}

/**
 * Tells the ledger of a refusal: one row that says why. Later ends settle themselves. `status` is what the client gets where
 * that is not the error's own.
 */
export async function recordRefusal(
  incoming: Incoming,
  { admission, cause, known }: Refused,
  status: number | null = null,
): Promise<void> {
  const { env, key, runAfter } = incoming;
  const error = cause instanceof RouterError ? cause : ownFault(cause);
  const facts = factsOf(incoming, known);
  const hasBegun = await mayHaveBegun(admission);
  const outcome = refusedOutcome(status ?? error.status, error.code);
  const settlement = unservedSettlement(facts, outcome, hasBegun ? null : 0, Date.now());
  if (!hasBegun) return tellRefusal(incoming, settlement);
  // What has begun has a row of its own, which gives back what it holds.
  const settling = settleRequest(env, key, settlement);
  runAfter('settle a refusal', settling);
  await atMost(LONGEST_WAIT_MS, settling);
}

/** The same where the key itself may not be used: the row says why, the answer does not. */
export async function recordRefusedKey(incoming: Incoming, known: Known, reason: string): Promise<void> {
  const outcome = refusedOutcome(401, `key_${reason}`);
  const settlement = unservedSettlement(factsOf(incoming, known), outcome, 0, Date.now());
  await tellRefusal(incoming, settlement, settleRefusedKey);
}

/** Records a refusal, and rejects with what the client is told. */
export async function refuse(incoming: Incoming, refused: Refused): Promise<never> {
  await recordRefusal(incoming, refused);
  throw refused.cause;
}
