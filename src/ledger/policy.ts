import { isAllowed } from '../catalog/allow-list.ts';
import { judgeKey } from '../keys/judge-key.ts';
import { usdToNano } from '../protocol/money.ts';
import type { ApiKey, Budgets } from '../store/schema.ts';
import type { LeaseRequest, RefusalReason } from './calls.ts';
import type { Window } from './windows.ts';

/** What a key may spend in a window, in nano-USD. */
export interface Budget {
  window: Window;
  limit: number;
}

/** The budgets that a key, a user or a team has, the one that begins anew last at the end. */
export function budgetsOf(key: Budgets): Budget[] {
  const budgets = [
    { window: 'day', usd: key.budgetDayUsd },
    { window: 'week', usd: key.budgetWeekUsd },
    { window: 'month', usd: key.budgetMonthUsd },
    { window: 'total', usd: key.budgetTotalUsd },
  ] as const;
  return budgets.flatMap(({ window, usd }) => (usd === null ? [] : [{ window, limit: usdToNano(usd) }]));
}

/** Whether a key, its user or their team has a budget: a model without a price may not be called then. */
export function hasBudgets(key: ApiKey): boolean {
  return [key, key.user, key.team].some((level) => level && budgetsOf(level).length > 0);
}

/** True for a key whose requests may be refused for what they cost or how many they are. */
export function hasLimits(key: ApiKey): boolean {
  return [key.rpm, key.tpm, key.maxConcurrent].some((limit) => limit !== null) || hasBudgets(key);
}

/** Why a secret may not be used now, or null. `now` is ms since 1970. */
export function stateRefusal(key: ApiKey, keyHash: string | null, now: number): RefusalReason | null {
  const verdict = judgeKey(key, keyHash, now);
  return verdict === null || verdict === 'expired' ? verdict : 'disabled';
}

/** Why a request is refused whatever else is going on, or null. */
export function requestRefusal(key: ApiKey, lease: LeaseRequest, now: number): RefusalReason | null {
  const state = stateRefusal(key, lease.keyHash, now);
  if (state !== null) return state;
  // A local answer calls no model.
  if (lease.provider === null) return null;
  const asked = lease.requestedModel === null ? [] : [lease.requestedModel];
  const targets = [lease.allowedBy ?? [`${lease.provider}/${lease.model}`, ...asked], ...(lease.othersAllowedBy ?? [])];
  // The Worker has left out what it knew to be forbidden: this key's list has just become shorter.
  if (!targets.every((names) => isAllowed(key.models, names))) return 'model';
  return !lease.priced && hasBudgets(key) ? 'unpriced' : null;
}
