import type { LeaseRequest } from '../ledger/entry.ts';
import { NO_USAGE } from '../protocol/usage.ts';
import { costOf, type Exchange } from './exchange.ts';
import { factsOf } from './outcome.ts';

// What an answer is thought to need where the request does not say.
const USUAL_OUTPUT = 4_096;
// `n` asks for several answers; OpenAI takes no more. https://platform.openai.com/docs/api-reference/chat/create
const MOST_CHOICES = 128;

/** What the ledger sets aside while the request runs: the input's estimate, and the longest answer it may give. */
export function leaseOf(
  exchange: Pick<
    Exchange,
    | 'requestId'
    | 'endpoint'
    | 'config'
    | 'target'
    | 'requestedModel'
    | 'request'
    | 'startedAt'
    | 'colo'
    | 'inputEstimate'
  >,
  keyHash: string,
): LeaseRequest {
  const { inputEstimate, request, target } = exchange;
  const asked = request['max_completion_tokens'] ?? request['max_tokens'];
  const longest = Math.min(typeof asked === 'number' ? asked : USUAL_OUTPUT, target.model.maxOutput);
  const choices = typeof request['n'] === 'number' ? Math.min(Math.max(1, request['n']), MOST_CHOICES) : 1;
  const outputTokens = longest * choices;
  const input = { ...NO_USAGE, inputTokens: inputEstimate };
  return {
    ...factsOf(exchange),
    keyHash,
    holdNanoUsd: Math.min(costOf(exchange, { ...input, outputTokens }), exchange.config.holdCapNanoUsd),
    inputEstimate,
    inputCostNanoUsd: costOf(exchange, input),
    priced: target.price !== null,
  };
}
