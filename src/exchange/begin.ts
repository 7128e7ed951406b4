import { hasLimits } from '../ledger/policy.ts';
import type { Ask } from './ask.ts';
import { askLedger } from './ask-ledger.ts';
import type { Exchange } from './exchange.ts';
import type { Incoming } from './incoming.ts';
import { leaseOf } from './lease-of.ts';
import type { Leg, Settled } from './leg.ts';
import { openLegs } from './legs.ts';
import type { Choice } from './order.ts';
import { type Plan, planTries } from './plan-tries.ts';
import { refusal } from './refusal.ts';
import { orRefused, type Refused } from './refused.ts';
import type { Target } from './target.ts';

type Prepare<L extends Leg> = (settled: Settled) => Promise<L>;

function openLegsOf<L extends Leg>({ candidates, settled }: Plan, prepare: Prepare<L>) {
  const settledOf = new Map(settled.map((each) => [each.target, each]));
  return openLegs(candidates, async (target: Target) => prepare(settledOf.get(target) ?? settled[0]));
}

/**
 * Asks the ledger while the request is prepared for its first target, so that a warm key costs one awaited hop at most
 * before a provider is called. Whatever the request is tried at, there is one lease, held at the dearest of its targets.
 */
export async function begin<A extends Ask, L extends Leg>(
  incoming: Incoming,
  ask: A,
  choices: readonly Choice[],
  prepare: Prepare<L>,
): Promise<{ kind: 'begun'; exchange: Exchange<A, L> } | Refused> {
  const { endpoint } = ask.door;
  const asked = { endpoint, ask, target: choices[0]?.targets[0] ?? null, price: null };
  const planned = await orRefused(asked, () => planTries(incoming, ask, choices));
  if (planned.kind === 'refused') return planned;
  const { inputEstimate, settled } = planned.value;
  const legs = openLegsOf(planned.value, prepare);
  const expected = legs.first();
  const first = settled.find(({ target }) => target === expected) ?? settled[0];
  const known = { endpoint, ask, target: first.target, price: first.price };
  const admission = askLedger(incoming, leaseOf(incoming, ask, planned.value, first));
  const opened = await orRefused(known, async () => {
    const [next, answer] = await Promise.all([legs.next(), hasLimits(incoming.key) ? admission : null]);
    if (answer?.kind === 'refused') throw refusal(answer, ask.request.model);
    if (next === null) throw legs.refusals[0];
    return next;
  });
  if (opened.kind === 'refused') return { ...opened, admission };
  const { credential, leg } = opened.value;
  return {
    kind: 'begun',
    exchange: { incoming, ask, leg, credential, legs, inputEstimate, admission, attempts: [] },
  };
}
