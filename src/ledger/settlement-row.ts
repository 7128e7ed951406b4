import { NO_USAGE, type Usage } from '../protocol/usage.ts';
import type { ApiKey } from '../store/schema.ts';
import type { LedgerRow, Settlement } from './calls.ts';
import type { Lease } from './entry-rows.ts';

/** The row of a settlement, as D1 will hold it. `day` is YYYY-MM-DD in BUDGET_UTC_OFFSET. */
export function settleRow(key: ApiKey, settlement: Settlement, day: string, lease: Lease | undefined): LedgerRow {
  const { id: keyId, purpose } = key;
  const owner = lease?.owner ?? key.owner;
  // Whoever has left the team since takes no spend along.
  const team = lease === undefined ? (key.team?.name ?? null) : lease.team;
  return { ...settlement, kind: 'settle', keyId, owner, team, purpose, day };
}

/** The row of a request that was never heard of again: its last checkpoint, or else the input's estimate. */
export function expiredRow(key: ApiKey, lease: Lease, day: string): LedgerRow {
  const { request, checkpoint, expiresAt } = lease;
  const { keyHash: _hash, holdNanoUsd: _hold, inputEstimate, inputCostNanoUsd, priced: _priced, ...facts } = request;
  const settlement: Settlement = {
    ...facts,
    status: 200,
    end: 'timeout',
    source: 'lease_expired',
    usage: checkpoint?.usage ?? { ...NO_USAGE, inputTokens: inputEstimate },
    costNanoUsd: checkpoint?.costNanoUsd ?? inputCostNanoUsd,
    attempts: [],
    notice: null,
    finishReason: null,
    vendorFinishReason: null,
    errorCode: 'lease_expired',
    repeated: null,
    firstTokenMs: null,
    durationMs: Math.max(0, expiresAt - facts.startedAt),
  };
  return settleRow(key, settlement, day, lease);
}

function minus(one: Usage, other: Usage): Usage {
  return {
    inputTokens: one.inputTokens - other.inputTokens,
    cachedTokens: one.cachedTokens - other.cachedTokens,
    cacheWriteTokens: one.cacheWriteTokens - other.cacheWriteTokens,
    outputTokens: one.outputTokens - other.outputTokens,
    reasoningTokens: one.reasoningTokens - other.reasoningTokens,
  };
}

/** The row that a settlement after the lease's end adds: what it tells beyond what was booked. May be negative. */
export function adjustRow(booked: LedgerRow, late: Settlement, day: string): LedgerRow {
  return {
    ...booked,
    ...late,
    kind: 'adjust',
    usage: minus(late.usage, booked.usage),
    costNanoUsd: late.costNanoUsd - booked.costNanoUsd,
    day,
  };
}

/** Whether a settlement says the same as what is booked: its settle row, and the adjust row where there is one. */
export function isSameSettlement(booked: LedgerRow, adjusted: LedgerRow | null, other: Settlement): boolean {
  const cost = booked.costNanoUsd + (adjusted?.costNanoUsd ?? 0);
  const rest = minus(minus(other.usage, booked.usage), adjusted?.usage ?? NO_USAGE);
  const isSameUsage = Object.values(rest).every((count) => count === 0);
  return (adjusted ?? booked).end === other.end && cost === other.costNanoUsd && isSameUsage;
}

/** Throws where an amount is no whole number: nothing of such a settlement may be written. */
export function assertWhole({ requestId, costNanoUsd, repeated, usage }: Settlement): void {
  if ([costNanoUsd, repeated ?? 0, ...Object.values(usage)].every(Number.isSafeInteger)) return;
  throw new TypeError(`The settlement of ${requestId} holds an amount that is no whole number.`);
}
