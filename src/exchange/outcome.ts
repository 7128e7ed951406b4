import type { Price } from '../catalog/price.ts';
import type { Attempt, End, RequestFacts, Settlement, Source } from '../ledger/calls.ts';
import { estimateByteTokens } from '../protocol/estimate.ts';
import { NO_USES, type ToolUses } from '../protocol/tool-uses.ts';
import { NO_USAGE, type Usage } from '../protocol/usage.ts';
import type { Tried } from './attempts.ts';
import { costOf, type Exchange } from './exchange.ts';
import { factsOf, LONGEST_NAME } from './request-facts.ts';
import { endOf, errorOf } from './stop.ts';

/** How an exchange went, as far as the bill is concerned. */
export interface Outcome extends Told {
  /** HTTP status the client got, or would have got; 200 for a stream that broke later. */
  status: number;
  end: End;
  errorCode: string | null;
  /** True once the provider had taken the request on: only then can it have cost something. */
  accepted: boolean;
  firstTokenAt: number | null;
}

type Bill = Pick<Outcome, 'usage' | 'bytes' | 'accepted'>;

/** Reported numbers where there are any, zero included; nothing where nothing was used; else an estimate that says so. */
function billOf(outcome: Bill, inputEstimate: number): { usage: Usage; source: Source } {
  if (outcome.usage !== null) return { usage: outcome.usage, source: 'reported' };
  if (!outcome.accepted) return { usage: NO_USAGE, source: 'none' };
  const outputTokens = estimateByteTokens(outcome.bytes);
  return { usage: { ...NO_USAGE, inputTokens: inputEstimate, outputTokens }, source: 'estimated' };
}

/** In place of a price's revision, where the provider said itself what the answer cost. */
const STATED = 'stated';

/** What of a request a settlement is made of, beside how it went. */
interface Settled {
  facts: RequestFacts;
  price: Price | null;
  inputEstimate: number;
  attempts: Attempt[];
  /** What was lost on the way. */
  notice: string | null;
  /** How many more refusals the row stands for; null for what is none. */
  repeated: number | null;
}

/** What a try cost, as far as it has told. */
export function tryCost({ inputEstimate, leg }: Exchange, told: Told, accepted: boolean): number {
  const { usage } = billOf({ ...told, accepted }, inputEstimate);
  return costOf(leg.price, usage, told.toolUses);
}

/** What broke off on the way, before another target served. */
export function brokenOffCost(attempts: readonly Attempt[]): number {
  return attempts.reduce((sum, attempt) => sum + (attempt.cost_nano_usd ?? 0), 0);
}

function settlementFrom(settled: Settled, outcome: Outcome, now: number): Settlement {
  const { attempts, facts, inputEstimate, notice, price, repeated } = settled;
  const { usage: billed, source } = billOf(outcome, inputEstimate);
  const { statedNanoUsd, ...usage } = billed;
  return {
    ...facts,
    priceRevision: statedNanoUsd === undefined ? facts.priceRevision : STATED,
    status: outcome.status,
    end: outcome.end,
    source,
    usage,
    costNanoUsd: costOf(price, billed, outcome.toolUses) + brokenOffCost(attempts),
    attempts,
    notice,
    finishReason: outcome.finishReason,
    vendorFinishReason: outcome.vendorFinishReason?.slice(0, LONGEST_NAME) ?? null,
    errorCode: outcome.errorCode,
    repeated,
    firstTokenMs: outcome.firstTokenAt === null ? null : outcome.firstTokenAt - facts.startedAt,
    durationMs: now - facts.startedAt,
  };
}

/** The exchange's settlement. `now` is ms since 1970. */
export function settlementOf(exchange: Exchange, outcome: Outcome, now: number): Settlement {
  const { ask, attempts, incoming, inputEstimate, leg } = exchange;
  const { notice, price, target } = leg;
  const facts = factsOf(incoming, { endpoint: ask.door.endpoint, ask, target, price });
  return settlementFrom({ facts, price, inputEstimate, attempts, notice, repeated: null }, outcome, now);
}

/** The settlement of a request that no provider was called for. `now` is ms since 1970. */
export function unservedSettlement(
  facts: RequestFacts,
  outcome: Outcome,
  repeated: number | null,
  now: number,
): Settlement {
  const nothing = { facts, price: null, inputEstimate: 0, attempts: [], notice: null, repeated };
  return settlementFrom({ ...nothing, facts: { ...facts, priceRevision: null } }, outcome, now);
}

/** How a request went that was refused before a provider was called. */
export function refusedOutcome(status: number, errorCode: string): Outcome {
  return { ...NOTHING_TOLD, status, end: 'rejected', errorCode, accepted: false, firstTokenAt: null };
}

/** What the provider has told, whole or in part. */
export interface Told {
  /** The provider's own numbers, or null where it gave none. */
  usage: Usage | null;
  /** Bytes of text the provider has sent, roughly: the estimate where it gave no numbers. */
  bytes: number;
  /** How often the provider's own tools ran. */
  toolUses: ToolUses;
  finishReason: string | null;
  vendorFinishReason: string | null;
}

export const NOTHING_TOLD: Told = {
  usage: null,
  bytes: 0,
  toolUses: NO_USES,
  finishReason: null,
  vendorFinishReason: null,
};

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
  const errorCode = error?.code ?? null;
  if (stop?.kind === 'refused') return { ...NOTHING_TOLD, status, end, errorCode, accepted: false, firstTokenAt: null };
  return { ...told, status, end, errorCode, accepted: failure === null || failure.accepted, firstTokenAt };
}
