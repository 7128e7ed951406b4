import type { LedgerRow } from './calls.ts';
import type { Window, Windows } from './windows.ts';

/** Who pays beside the key: its owner, or the team that the owner was in when the request began. */
export type Payer = { kind: 'user' | 'team'; name: string };

/** What a key has spent, by day. Money is integer nano-USD. */
export interface SpendBook {
  add(row: Pick<LedgerRow, 'day' | 'owner' | 'team' | 'costNanoUsd'>): void;
  spent(window: Window, windows: Windows): number;
  /** What of it counts for a user or a team: in all, and by day. */
  spentBy(payer: Payer): { total: number; days: ReadonlyMap<string, number> };
}

/** Sums of days. */
interface Days {
  total: number;
  days: Map<string, number>;
}

const NOTHING: Days = { total: 0, days: new Map() };

const ADD = `INSERT INTO costs (day, owner, team, cost) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET cost = cost + excluded.cost`;

/** Opens the book after a start. */
export function openSpendBook(sql: SqlStorage): SpendBook {
  const all: Days = { total: 0, days: new Map() };
  const payers = { user: new Map<string, Days>(), team: new Map<string, Days>() };

  function addTo(sums: Days, day: string, cost: number): void {
    sums.total += cost;
    sums.days.set(day, (sums.days.get(day) ?? 0) + cost);
  }

  function addFor({ kind, name }: Payer, day: string, cost: number): void {
    const sums = payers[kind].get(name) ?? { total: 0, days: new Map() };
    payers[kind].set(name, sums);
    addTo(sums, day, cost);
  }

  function count(day: string, owner: string, team: string, cost: number): void {
    addTo(all, day, cost);
    addFor({ kind: 'user', name: owner }, day, cost);
    if (team !== '') addFor({ kind: 'team', name: team }, day, cost);
  }

  const kept = sql.exec<{ day: string; owner: string; team: string; cost: number }>(
    'SELECT day, owner, team, cost FROM costs',
  );
  for (const { day, owner, team, cost } of kept) count(day, owner, team, cost);

  function since(first: string, last: string): number {
    let sum = 0;
    for (const [day, cost] of all.days) if (day >= first && day <= last) sum += cost;
    return sum;
  }

  return {
    add({ day, owner, team, costNanoUsd: cost }) {
      // A day without cost needs no row.
      if (cost === 0) return;
      sql.exec(ADD, day, owner, team ?? '', cost);
      count(day, owner, team ?? '', cost);
    },
    spent(window, { day, weekStart, monthStart }) {
      switch (window) {
        case 'day':
          return all.days.get(day) ?? 0;
        case 'week':
          return since(weekStart, day);
        case 'month':
          return since(monthStart, day);
        case 'total':
          return all.total;
      }
    },
    spentBy: ({ kind, name }) => payers[kind].get(name) ?? NOTHING,
  };
}
