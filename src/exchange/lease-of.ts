import type { LeaseRequest } from '../ledger/calls.ts';
import { NO_USAGE } from '../protocol/usage.ts';
import { mostOutput } from '../providers/output-limit.ts';
import { ownToolsOf } from '../providers/own-tools.ts';
import type { Ask } from './ask.ts';
import { costOf } from './exchange.ts';
import type { Incoming } from './incoming.ts';
import type { Settled } from './leg.ts';
import { isBilled, type Plan } from './plan-tries.ts';
import { factsOf } from './request-facts.ts';

/** The most that one target may bill: its input's estimate at the dearest, and the longest answer that it may give. */
function mostCost({ price, settings, target }: Settled, { request }: Ask, inputEstimate: number): number {
  const input = { ...NO_USAGE, inputTokens: inputEstimate };
  const outputTokens = mostOutput(settings, target.model, target.configured.provider.limitName);
  // One call of each of the provider's own tools: how many there will be nobody knows.
  const toolUses = Object.fromEntries(ownToolsOf({ ...target.parameters, ...request }).map((name) => [name, 1]));
  return Math.max(
    costOf(price, { ...input, outputTokens }, toolUses),
    // What the provider puts into its cache may cost more than what it reads the first time.
    costOf(price, { ...input, cacheWriteTokens: inputEstimate, outputTokens }, toolUses),
  );
}

/**
 * What the ledger sets aside while the request runs: as much as the dearest of its targets may bill. The rest is said of
 * the one that is tried first, and expected to serve.
 */
export function leaseOf(incoming: Incoming, ask: Ask, { inputEstimate, settled }: Plan, first: Settled): LeaseRequest {
  const { price, target } = first;
  const others = settled.filter((each) => each !== first);
  const hold = Math.max(...settled.map((each) => mostCost(each, ask, inputEstimate)));
  return {
    ...factsOf(incoming, { endpoint: ask.door.endpoint, ask, target, price }),
    keyHash: incoming.keyHash,
    holdNanoUsd: Math.min(hold, incoming.config.holdCapNanoUsd),
    inputEstimate,
    inputCostNanoUsd: costOf(price, { ...NO_USAGE, inputTokens: inputEstimate }),
    priced: settled.every(isBilled),
    allowedBy: target.allowedBy,
    ...(others.length === 0 ? {} : { othersAllowedBy: others.map((other) => other.target.allowedBy) }),
  };
}
