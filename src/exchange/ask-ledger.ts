import type { Admission, LeaseRequest, Settlement } from '../ledger/calls.ts';
import { beginRequest, settleRequest } from '../ledger/client.ts';
import { hasLimits } from '../ledger/policy.ts';
import type { ApiKey } from '../store/schema.ts';
import { atMost } from './at-most.ts';
import type { Incoming } from './incoming.ts';
import { refusal } from './refusal.ts';
import {
  countRefusal,
  knownRefusal,
  learnStanding,
  newRefusalMemory,
  stopTelling,
  takeRest,
} from './refusal-memory.ts';
import { LONGEST_WAIT_MS } from './settle-first.ts';

// One isolate's; never the truth.
const memory = newRefusalMemory();

/** Throws RouterError where any request of the key is refused, as far as this isolate knows. No I/O. */
export function refuseKnown({ key }: Incoming): void {
  const known = knownRefusal(memory, key, Date.now());
  if (known !== null) throw refusal(known, '');
}

async function tell(env: Cloudflare.Env, key: ApiKey, settlement: Settlement, settle = settleRequest): Promise<void> {
  const answer = await settle(env, key, settlement);
  if (answer?.standing !== undefined) learnStanding(memory, key, answer.standing, Date.now());
  if (answer?.kind === 'folded' || answer?.kind === 'uncounted') stopTelling(memory, key.id, Date.now());
  if (answer?.kind === 'uncounted') countRefusal(memory, key.id, settlement, Date.now());
}

/** Tells the ledger of a refusal, or counts it; and what an earlier minute has left. Waits at most a second. */
export async function tellRefusal(
  { env, key, runAfter }: Incoming,
  settlement: Settlement,
  settle = settleRequest,
): Promise<void> {
  const told = countRefusal(memory, key.id, settlement, Date.now());
  if (told.length === 0) return;
  const telling = Promise.all(told.map((each) => tell(env, key, each, settle)));
  runAfter('settle a refusal', telling);
  await atMost(LONGEST_WAIT_MS, telling);
}

/** Asks the ledger. A key with limits waits for the answer; for others an unreachable ledger is no reason to refuse. */
export function askLedger(incoming: Incoming, lease: LeaseRequest): Promise<Admission | null> {
  const { env, key, runAfter } = incoming;
  const askedAt = Date.now();
  const rest = takeRest(memory, key.id, Date.now());
  if (rest !== null) runAfter('settle counted refusals', tell(env, key, rest));
  const asking = beginRequest(env, key, lease).then((admission) => {
    incoming.beginMs = Date.now() - askedAt;
    const standing = admission.kind === 'refused' ? admission.standing : null;
    if (standing !== undefined) learnStanding(memory, key, standing, Date.now());
    return admission;
  });
  return hasLimits(key) ? asking : asking.catch(() => null);
}
