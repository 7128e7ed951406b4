import { priceAt } from '../catalog/price.ts';
import type { Ask } from './ask.ts';
import { askLedger, hasLimits } from './ask-ledger.ts';
import type { Exchange } from './exchange.ts';
import type { Incoming } from './incoming.ts';
import { leaseOf } from './lease-of.ts';
import type { Leg, Settled } from './leg.ts';
import { refusal } from './refusal.ts';
import { orRefused, type Refused } from './refused.ts';
import { settingsFor } from './settings-for.ts';
import type { Target } from './target.ts';

/**
 * Asks the ledger while the request is prepared for its target, so that a warm key costs one awaited hop at most before
 * the provider is called. `inputEstimate` is in tokens.
 */
export async function begin<A extends Ask, L extends Leg>(
  incoming: Incoming,
  ask: A,
  target: Target,
  inputEstimate: number,
  prepare: (settled: Settled) => Promise<L>,
): Promise<{ kind: 'begun'; exchange: Exchange<A, L> } | Refused> {
  const { endpoint } = ask.door;
  const settled = await orRefused({ endpoint, ask, target, price: null }, () => settingsFor(target, ask.request));
  if (settled.kind === 'refused') return settled;
  const settings = settled.value;
  const price = priceAt(target.model, incoming.startedAt, settings);
  const known = { endpoint, ask, target, price };
  const admission = askLedger(incoming, leaseOf(incoming, known, settings, inputEstimate));
  const opened = await orRefused(known, async () => {
    const [leg, answer] = await Promise.all([
      prepare({ target, price, settings }),
      hasLimits(incoming.key) ? admission : null,
    ]);
    if (answer?.kind === 'refused') throw refusal(answer, ask.request.model);
    return leg;
  });
  if (opened.kind === 'refused') return { ...opened, admission };
  const exchange = { incoming, ask, leg: opened.value, inputEstimate, admission, attempts: [] };
  return { kind: 'begun', exchange };
}
