import type { Kept, Spending } from './read-kept.ts';
import type { Window, Windows } from './windows.ts';

/** Who pays beside the key: its owner, or the team that the owner was in when the request began. */
export type Payer = { kind: 'user' | 'team'; name: string };

/** What a key has spent, by day. Money is integer nano-USD. */
export interface SpendBook {
  add(row: Spending): void;
  spent(window: Window, windows: Windows): number;
  /** What of it counts for a user or a team: in all, and by day. */
  spentBy(payer: Payer): { total: number; days: ReadonlyMap<string, number> };
  /** Writes the sums down: they hold all rows up to this position. */
  write(position: number): void;
}

/** Sums of days. */
interface Days {
  total: number;
  days: Map<string, number>;
}

const NOTHING: Days = { total: 0, days: new Map() };

const NAME = 'summed';

/**
 * The position up to which all rows are in the sums that are written down: after a start those behind it are added again.
 * Null for a new ledger, and where the version before has written them with each row.
 */
export function readSummed(sql: SqlStorage): number | null {
  const [mark] = sql.exec<{ value: string }>('SELECT value FROM marks WHERE name = ?', NAME);
  return mark === undefined ? null : Number(mark.value);
}

const ADD = `INSERT INTO costs (day, owner, team, cost) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET cost = cost + excluded.cost`;

/** Opens the book after a start, with the rows that are not in the sums which are written down. */
export function openSpendBook(sql: SqlStorage, { lastPosition, unsummed }: Kept): SpendBook {
  const unwritten = new Map<string, Spending>();
  let summed = readSummed(sql);
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

  function add(row: Spending): void {
    const { day, owner, team, costNanoUsd } = row;
    // A day without cost needs no row.
    if (costNanoUsd === 0) return;
    count(day, owner, team ?? '', costNanoUsd);
    const name = JSON.stringify([day, owner, team]);
    const before = unwritten.get(name)?.costNanoUsd ?? 0;
    unwritten.set(name, { ...row, costNanoUsd: before + costNanoUsd });
  }

  function write(position: number): void {
    if (position === summed) return;
    for (const { day, owner, team, costNanoUsd } of unwritten.values()) {
      sql.exec(ADD, day, owner, team ?? '', costNanoUsd);
    }
    unwritten.clear();
    summed = position;
    sql.exec(
      'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      ...[NAME, String(position)],
    );
  }

  for (const row of unsummed) add(row);
  if (summed === null) write(lastPosition);

  function since(first: string, last: string): number {
    let sum = 0;
    for (const [day, cost] of all.days) if (day >= first && day <= last) sum += cost;
    return sum;
  }

  return {
    add,
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
    write,
  };
}
