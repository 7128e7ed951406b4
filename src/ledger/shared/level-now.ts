import { inTime } from '../../in-time.ts';
import { type Ledgers, ledgerOf } from '../../keys/ledger-of.ts';
import { logFault } from '../../log-line.ts';
import { openDatabase } from '../../store/database.ts';
import { findSharedBudget, paidByKey } from '../../store/shared-budgets.ts';
import { type Window, windowsAt } from '../windows.ts';
import type { KnownLevel, LevelKind } from './calls.ts';
import { spentIn } from './grants.ts';
import type { BudgetState } from './shared-budget.ts';
import { openShares, type Share } from './shares.ts';

/** Where shared budgets are, and what D1 knows of them. */
export interface LevelPlaces {
  DB: D1Database;
  SHARED_BUDGET: Ledgers<{ state(): Promise<BudgetState> }>;
}

/** What a user or a team has spent now. Money is integer nano-USD; times are ISO UTC. */
export interface LevelNow extends Omit<BudgetState, 'reserved'> {
  /** Null where only D1 answered. */
  reserved: number | null;
}

const STATE_TIMEOUT_MS = 2_000;

/** The same from D1, which may be seconds behind. */
async function levelInDatabase(
  binding: D1Database,
  payer: { kind: LevelKind; name: string },
  now: number,
  offset: string,
): Promise<Omit<LevelNow, 'reserved'>> {
  const windows = windowsAt(now, offset);
  const { monthStart, weekStart } = windows;
  const paid = await paidByKey(openDatabase(binding), payer, monthStart < weekStart ? monthStart : weekStart);
  const kept = paid.map(({ keyId, ledgerJurisdiction, total, days }): [string, Share] => [
    keyId,
    { ledgerJurisdiction, version: 0, ceiling: 0, total, gross: total, days },
  ]);
  const shares = openShares(kept, () => undefined);
  const spent = (window: Window) => spentIn(window, shares, windows);
  const iso = (time: number) => new Date(time).toISOString();
  const { day, week, month } = windows.resetAt;
  return {
    spent: { day: spent('day'), week: spent('week'), month: spent('month'), total: spent('total') },
    resetAt: { day: iso(day), week: iso(week), month: iso(month), total: null },
  };
}

/**
 * What a user or a team has spent now: as its shared budget says, or as D1 does while that does not answer, or was never
 * made. It is not made by whoever only looks. `now` is ms since 1970, `offset` such as +08:00.
 */
export async function readLevelNow(
  places: LevelPlaces,
  level: Pick<KnownLevel, 'id' | 'kind' | 'name'>,
  now: number,
  offset: string,
): Promise<LevelNow> {
  const place = await findSharedBudget(openDatabase(places.DB), level.id);
  if (place === null) return { ...(await levelInDatabase(places.DB, level, now, offset)), reserved: 0 };
  try {
    const budget = ledgerOf(places.SHARED_BUDGET, { id: level.id, ...place });
    return await inTime(STATE_TIMEOUT_MS, budget.state());
  } catch (cause) {
    logFault('shared_budget_unavailable', cause, { of: level.name });
    return { ...(await levelInDatabase(places.DB, level, now, offset)), reserved: null };
  }
}
