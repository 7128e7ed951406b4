import type { Window, Windows } from './windows.ts';

/** What a key has spent, by day. Money is integer nano-USD. */
export interface SpendBook {
  add(day: string, cost: number): void;
  spent(window: Window, windows: Windows): number;
}

/** Opens the book after a start. */
export function openSpendBook(sql: SqlStorage): SpendBook {
  const days = new Map<string, number>();
  let total = 0;
  for (const { day, cost } of sql.exec<{ day: string; cost: number }>('SELECT day, cost FROM spend')) {
    days.set(day, cost);
    total += cost;
  }

  function since(first: string, last: string): number {
    let sum = 0;
    for (const [day, cost] of days) if (day >= first && day <= last) sum += cost;
    return sum;
  }

  return {
    add(day, cost) {
      // A day without cost needs no row.
      if (cost === 0) return;
      sql.exec(
        'INSERT INTO spend (day, cost) VALUES (?, ?) ON CONFLICT DO UPDATE SET cost = cost + excluded.cost',
        day,
        cost,
      );
      days.set(day, (days.get(day) ?? 0) + cost);
      total += cost;
    },
    spent(window, { day, weekStart, monthStart }) {
      switch (window) {
        case 'day':
          return days.get(day) ?? 0;
        case 'week':
          return since(weekStart, day);
        case 'month':
          return since(monthStart, day);
        case 'total':
          return total;
      }
    },
  };
}
