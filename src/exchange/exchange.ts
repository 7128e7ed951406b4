import { costNanoUsd, type Price, toolCostNanoUsd } from '../catalog/price.ts';
import type { AnswerFacts, Served } from '../dialects/dialect.ts';
import type { Admission, Attempt } from '../ledger/calls.ts';
import { NO_USES, type ToolUses } from '../protocol/tool-uses.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Credential } from '../providers/credentials.ts';
import type { Ask, ConversationAsk } from './ask.ts';
import type { Incoming } from './incoming.ts';
import type { ConversationLeg, Leg } from './leg.ts';
import type { Legs } from './legs.ts';

/** One request on its way, once it is known what may serve it and the ledger has been asked. */
export interface Exchange<A extends Ask = Ask, L extends Leg = Leg> {
  readonly incoming: Incoming;
  readonly ask: A;
  /** The try under way, or the last one. */
  leg: L;
  credential: Credential;
  /** What else may serve it. */
  readonly legs: Legs<L>;
  /** Tokens that the input is thought to have. */
  readonly inputEstimate: number;
  /**
   * The ledger's word on this request. It may come after the provider was called; a no ends the request.
   * Null where the ledger could not be reached and the key has no limits.
   */
  readonly admission: Promise<Admission | null>;
  readonly attempts: Attempt[];
}

/** The same for a conversation. */
export type Conversing = Exchange<ConversationAsk, ConversationLeg>;

/** What the answer says of itself. */
export function answerFacts({
  ask,
  incoming,
  inputEstimate,
}: Pick<Exchange, 'ask' | 'incoming' | 'inputEstimate'>): AnswerFacts {
  const { requestId, startedAt } = incoming;
  return { inputEstimate, requestedModel: ask.request.model, requestId, created: Math.floor(startedAt / 1000) };
}

/** Which provider and model a leg is tried at. */
export function servedBy({ target }: Leg): Served {
  return { provider: target.configured.provider.id, model: target.model.id };
}

/**
 * What a usage, and calls of the provider's own tools, cost, nano-USD: what the provider says itself, else by the price;
 * 0 only where nothing is billed.
 */
export function costOf(price: Price | null, usage: Usage, toolUses: ToolUses = NO_USES): number {
  if (usage.statedNanoUsd !== undefined) return usage.statedNanoUsd;
  return price === null ? 0 : costNanoUsd(usage, price.prices) + toolCostNanoUsd(toolUses, price);
}
