import type { Model } from '../catalog/model.ts';
import { costNanoUsd, type Price } from '../catalog/price.ts';
import type { Config } from '../config.ts';
import type { AnswerFacts, Endpoint, Reading, Served } from '../dialects/dialect.ts';
import type { Admission, Attempt, Checkpoint, CheckpointAnswer, Settlement } from '../ledger/entry.ts';
import type { Conversation } from '../pipelines/pipeline.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import type { Usage } from '../protocol/usage.ts';
import type { ConfiguredProvider } from '../providers/configured.ts';

/** What serves a request. */
export interface Target {
  configured: ConfiguredProvider;
  model: Model;
  /** What the requested name stands for beside the model. */
  parameters: Readonly<Record<string, unknown>>;
}

/** The ledger's side of one request; it carries the key and the request's id. */
interface RequestLedger {
  checkpoint(checkpoint: Checkpoint): Promise<CheckpointAnswer>;
  /** Retried, and handed to the queue at last: it never fails. */
  settle(settlement: Settlement): Promise<unknown>;
}

/** One request on its way through the house, once it is known what serves it. */
export interface Exchange {
  requestId: string;
  endpoint: Endpoint;
  /** Milliseconds since 1970. */
  startedAt: number;
  config: Config;
  target: Target;
  /** The price at the request's start; null where the catalogue has none. */
  price: Price | null;
  requestedModel: string;
  /** What the client's door made of its request. */
  reading: Reading;
  /** As the client wrote it, in Chat Completions. */
  request: ChatRequest;
  conversation: Conversation;
  /** As the provider gets it. */
  prepared: ChatRequest;
  /** The same as text; empty for a provider that answers out of the Worker. */
  body: string;
  inputEstimate: number;
  colo: string | null;
  ledger: RequestLedger;
  /**
   * The ledger's word on this request. It may come after the provider was called; a no ends the request.
   * Null where the ledger could not be reached and the key has no limits.
   */
  admission: Promise<Admission | null>;
  attempts: Attempt[];
  /** Calls back when the client leaves, at once where it has left. */
  onClientLeft(listener: () => void): void;
  log(stage: string, fields: Record<string, unknown>): void;
  /** Keeps a job alive past the answer, and reports it by name if it fails. */
  runAfter(name: string, job: Promise<unknown>): void;
}

/** What the answer says of itself. */
export function answerFacts(exchange: Exchange): AnswerFacts {
  const { inputEstimate, requestedModel, requestId, startedAt } = exchange;
  return { inputEstimate, requestedModel, requestId, created: Math.floor(startedAt / 1000) };
}

/** Which provider and model the request is tried at. */
export function servedBy({ target }: Exchange): Served {
  return { provider: target.configured.provider.id, model: target.model.id };
}

/** What a usage costs in this exchange, nano-USD; 0 only where the catalogue says that nothing is billed. */
export function costOf({ price }: Pick<Exchange, 'price'>, usage: Usage): number {
  return price === null ? 0 : costNanoUsd(usage, price.prices);
}
