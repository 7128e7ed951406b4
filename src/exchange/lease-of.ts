import type { LeaseRequest } from '../ledger/entry.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { NO_USAGE } from '../protocol/usage.ts';
import { mostOutput } from '../providers/output-limit.ts';
import { costOf, type Exchange } from './exchange.ts';
import { factsOf } from './outcome.ts';

type Facts = Pick<
  Exchange,
  | 'requestId'
  | 'endpoint'
  | 'config'
  | 'target'
  | 'price'
  | 'requestedModel'
  | 'request'
  | 'startedAt'
  | 'colo'
  | 'inputEstimate'
>;

/**
 * What the ledger sets aside while the request runs: the input's estimate at the dearest it can be billed at, and the
 * longest answer that the request, as the provider gets it, may have.
 */
export function leaseOf(facts: Facts, settings: ChatRequest, keyHash: string): LeaseRequest {
  const { inputEstimate, price, target } = facts;
  const input = { ...NO_USAGE, inputTokens: inputEstimate };
  const outputTokens = mostOutput(settings, target.model);
  const hold = Math.max(
    costOf(facts, { ...input, outputTokens }),
    // What the provider puts into its cache may cost more than what it reads the first time.
    costOf(facts, { ...input, cacheWriteTokens: inputEstimate, outputTokens }),
  );
  return {
    ...factsOf(facts),
    keyHash,
    holdNanoUsd: Math.min(hold, facts.config.holdCapNanoUsd),
    inputEstimate,
    inputCostNanoUsd: costOf(facts, input),
    priced: price !== null,
  };
}
