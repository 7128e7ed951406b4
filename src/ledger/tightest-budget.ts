import { usdToNano } from '../protocol/money.ts';
import type { Budgets } from '../store/schema.ts';
import { WINDOWS, type Window } from './windows.ts';

/** The budgets in USD by window of a key, a user or a team; null where there is none. */
export function budgetByWindow(key: Budgets): Record<Window, number | null> {
  return { day: key.budgetDayUsd, week: key.budgetWeekUsd, month: key.budgetMonthUsd, total: key.budgetTotalUsd };
}

/** How much of a budget is spent; a budget of nothing is used up. */
export function shareOf(spentNanoUsd: number, budgetUsd: number): number {
  return budgetUsd === 0 ? 1 : spentNanoUsd / 1e9 / budgetUsd;
}

/** What may still be spent of a budget, integer nano-USD: never less than nothing. */
export function leftOf(takenNanoUsd: number, budgetUsd: number): number {
  return Math.max(0, usdToNano(budgetUsd) - takenNanoUsd);
}

/** A budget and what is spent of it. */
export interface Tightest {
  window: Window;
  spent: number;
  budget: number;
  share: number;
}

/** The budget that will refuse first; null for a key without any. Spent is integer nano-USD. */
export function tightestBudget(key: Budgets, spent: Record<Window, number>): Tightest | null {
  const budgets = budgetByWindow(key);
  let tightest: Tightest | null = null;
  for (const window of WINDOWS) {
    const budget = budgets[window];
    if (budget === null) continue;
    const share = shareOf(spent[window], budget);
    if (tightest === null || share > tightest.share) tightest = { window, spent: spent[window], budget, share };
  }
  return tightest;
}
