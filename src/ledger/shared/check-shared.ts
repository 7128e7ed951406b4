import { type Ledgers, ledgerOf } from '../../keys/ledger-of.ts';
import { openDatabase } from '../../store/database.ts';
import { listSharedBudgets, paidByKey } from '../../store/shared-budgets.ts';
import { inParallel } from '../in-parallel.ts';
import type { LevelKind } from './calls.ts';
import type { BudgetSums } from './shared-budget.ts';

/** Where shared budgets are, and D1's sums. */
export interface SharedCheckPlaces {
  DB: D1Database;
  SHARED_BUDGET: Ledgers<{ check(): Promise<BudgetSums> }>;
}

/** A user's or a team's sums, by its shared budget and in D1. Money is integer nano-USD. */
export interface SharedCheckRow {
  level: LevelKind;
  name: string;
  shared_nano_usd: number;
  daily_nano_usd: number;
  /** What its keys may still spend without asking. */
  reserved_nano_usd: number;
}

/** Whether the two are one. */
export function sharesAgree(row: SharedCheckRow): boolean {
  return row.shared_nano_usd === row.daily_nano_usd;
}

// Of the days only their sum is asked for.
const NO_DAY = '9999-12-31';

/**
 * Compares shared budgets behind an id with D1, some at a time. Each asks the ledgers that D1's sums do not bear out
 * before it answers. One that nobody has a budget for any more rests.
 */
export async function checkShared(
  places: SharedCheckPlaces,
  after: string,
  limit: number,
): Promise<{ data: SharedCheckRow[]; next: string | null }> {
  const database = openDatabase(places.DB);
  const rows = await listSharedBudgets(database, after, limit + 1);
  const some = rows.slice(0, limit);
  const data = await inParallel(some, async ({ id, jurisdiction, kind, location, name }) => {
    const place = { ledgerJurisdiction: jurisdiction, ledgerLocation: location };
    const { reserved, totals } = await ledgerOf(places.SHARED_BUDGET, { id, ...place }).check();
    const paid = await paidByKey(database, { kind, name }, NO_DAY);
    const total = (costs: readonly number[]) => costs.reduce((sum, cost) => sum + cost, 0);
    return {
      level: kind,
      name,
      shared_nano_usd: total(Object.values(totals)),
      daily_nano_usd: total(paid.map((each) => each.total)),
      reserved_nano_usd: reserved,
    };
  });
  return { data, next: rows.length > limit ? (some.at(-1)?.id ?? null) : null };
}
