import type { PaidByKey } from '../../store/shared-budgets.ts';
import type { Share, Shares } from './shares.ts';

/*
 * D1's sums beside what the ledgers have reported. D1 is some seconds behind, and a ledger tells only now and then: until
 * the ledger was asked the larger of the two counts.
 */

function larger(days: Share['days'], others: Share['days']): Record<string, number> {
  const all: Record<string, number> = { ...days };
  for (const [day, cost] of Object.entries(others)) all[day] = Math.max(all[day] ?? 0, cost);
  return all;
}

/** Takes in what D1 knows of spend that no ledger has reported. Answers the keys whose ledgers are to be asked. */
export function compareWith(shares: Shares, paid: readonly PaidByKey[]): string[] {
  const differing: string[] = [];
  for (const { keyId, ledgerJurisdiction, total, days } of paid) {
    const share = shares.get(keyId);
    if (share.total === total) continue;
    differing.push(keyId);
    const more = Math.max(0, total - share.total);
    if (more === 0) continue;
    shares.put(keyId, {
      ...share,
      ledgerJurisdiction,
      total: share.total + more,
      gross: share.gross + more,
      days: larger(share.days, days),
    });
  }
  return differing;
}

/** Forgets the days that no window reaches back to any more. */
export function forgetDays(shares: Shares, firstDay: string): void {
  for (const [keyId, share] of [...shares.entries()]) {
    const days = Object.entries(share.days).filter(([day]) => day >= firstDay);
    if (days.length < Object.keys(share.days).length) shares.put(keyId, { ...share, days: Object.fromEntries(days) });
  }
}
