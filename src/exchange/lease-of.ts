import type { LeaseRequest } from '../ledger/calls.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { NO_USAGE } from '../protocol/usage.ts';
import { mostOutput } from '../providers/output-limit.ts';
import { ownToolsOf } from '../providers/own-tools.ts';
import type { Ask } from './ask.ts';
import { costOf } from './exchange.ts';
import type { Incoming } from './incoming.ts';
import { factsOf, type Known } from './request-facts.ts';
import type { Target } from './target.ts';

/**
 * What the ledger sets aside while the request runs: the input's estimate at the dearest it can be billed at, and the
 * longest answer that the request, as the provider gets it, may have.
 */
export function leaseOf(
  incoming: Incoming,
  known: Known & { ask: Ask; target: Target },
  settings: ChatRequest,
  inputEstimate: number,
): LeaseRequest {
  const { ask, price, target } = known;
  const input = { ...NO_USAGE, inputTokens: inputEstimate };
  const outputTokens = mostOutput(settings, target.model);
  // One call of each of the provider's own tools: how many there will be nobody knows.
  const toolUses = Object.fromEntries(ownToolsOf({ ...target.parameters, ...ask.request }).map((name) => [name, 1]));
  const hold = Math.max(
    costOf(price, { ...input, outputTokens }, toolUses),
    // What the provider puts into its cache may cost more than what it reads the first time.
    costOf(price, { ...input, cacheWriteTokens: inputEstimate, outputTokens }, toolUses),
  );
  return {
    ...factsOf(incoming, known),
    keyHash: incoming.keyHash,
    holdNanoUsd: Math.min(hold, incoming.config.holdCapNanoUsd),
    inputEstimate,
    inputCostNanoUsd: costOf(price, input),
    priced: price !== null,
    allowedBy: target.allowedBy,
  };
}
