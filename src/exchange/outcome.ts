import type { End, RequestFacts, Settlement, Source } from '../ledger/entry.ts';
import type { RouterError } from '../protocol/errors.ts';
import { estimateByteTokens } from '../protocol/estimate.ts';
import { NO_USAGE, type Usage } from '../protocol/usage.ts';
import type { Failure, Tried } from './attempts.ts';
import { costOf, type Exchange } from './exchange.ts';
import { endOf, errorOf } from './stop.ts';

// A row must fit into a queue message, whatever a client or a provider calls a thing.
export const LONGEST_NAME = 200;

/** How an exchange went, as far as the bill is concerned. */
export interface Outcome extends Told {
  /** HTTP status the client got, or would have got; 200 for a stream that broke later. */
  status: number;
  end: End;
  error: RouterError | null;
  /** True once the provider had taken the request on: only then can it have cost something. */
  accepted: boolean;
  firstTokenAt: number | null;
}

/** What the ledger is told of a request before the provider answers. */
export function factsOf(
  exchange: Pick<
    Exchange,
    'requestId' | 'endpoint' | 'target' | 'price' | 'requestedModel' | 'request' | 'startedAt' | 'colo'
  >,
): RequestFacts {
  return {
    requestId: exchange.requestId,
    endpoint: exchange.endpoint,
    provider: exchange.target.configured.provider.id,
    model: exchange.target.model.id,
    requestedModel: exchange.requestedModel.slice(0, LONGEST_NAME),
    session: null,
    tags: null,
    stream: exchange.request.stream === true,
    startedAt: exchange.startedAt,
    colo: exchange.colo,
    priceRevision: exchange.price?.revision ?? null,
  };
}

/** Reported numbers where there are any, zero included; nothing where nothing was used; else an estimate that says so. */
function billOf(exchange: Exchange, outcome: Outcome): { usage: Usage; source: Source } {
  if (outcome.usage !== null) return { usage: outcome.usage, source: 'reported' };
  if (!outcome.accepted) return { usage: NO_USAGE, source: 'none' };
  const outputTokens = estimateByteTokens(outcome.bytes);
  return { usage: { ...NO_USAGE, inputTokens: exchange.inputEstimate, outputTokens }, source: 'estimated' };
}

/** The exchange's settlement. `now` is ms since 1970. */
export function settlementOf(exchange: Exchange, outcome: Outcome, now: number): Settlement {
  const { usage, source } = billOf(exchange, outcome);
  return {
    ...factsOf(exchange),
    status: outcome.status,
    end: outcome.end,
    source,
    usage,
    costNanoUsd: costOf(exchange, usage),
    attempts: exchange.attempts,
    notice: null,
    finishReason: outcome.finishReason,
    vendorFinishReason: outcome.vendorFinishReason?.slice(0, LONGEST_NAME) ?? null,
    errorCode: outcome.error?.code ?? null,
    repeated: null,
    firstTokenMs: outcome.firstTokenAt === null ? null : outcome.firstTokenAt - exchange.startedAt,
    durationMs: now - exchange.startedAt,
  };
}

/** What the provider has told, whole or in part. */
export interface Told {
  /** The provider's own numbers, or null where it gave none. */
  usage: Usage | null;
  /** Bytes of text the provider has sent, roughly: the estimate where it gave no numbers. */
  bytes: number;
  finishReason: string | null;
  vendorFinishReason: string | null;
}

export const NOTHING_TOLD: Told = { usage: null, bytes: 0, finishReason: null, vendorFinishReason: null };

/**
 * How an exchange went; `failure` is null for an answer that is complete. `isCommitted` means that the client has its
 * status.
 */
export function outcomeOf(
  failure: Tried,
  told: Told,
  {
    firstTokenAt,
    isClientGone,
    isCommitted,
  }: { isClientGone: boolean; isCommitted: boolean; firstTokenAt: number | null },
): Outcome {
  const stop = failure === null ? null : failure.stop;
  const end = endOf(stop, isClientGone);
  // Nobody was there to be told of an error.
  const error = stop === null || end === 'client_gone' ? null : errorOf(stop);
  const status = isCommitted ? 200 : (error?.status ?? 200);
  if (stop?.kind === 'refused') return { ...NOTHING_TOLD, status, end, error, accepted: false, firstTokenAt: null };
  return {
    ...told,
    status,
    end,
    error,
    accepted: failure === null || wasAccepted(failure, isClientGone),
    firstTokenAt,
  };
}

/** A provider that was let go before it answered may have worked all the same; one that was not reached has not. */
function wasAccepted({ accepted, status, stop }: Failure, isClientGone: boolean): boolean {
  if (accepted || status !== null) return accepted;
  return stop.kind === 'revoked' || stop.kind === 'client_gone' || (stop.kind === 'silent' && isClientGone);
}
