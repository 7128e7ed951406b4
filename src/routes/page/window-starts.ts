import { windowsAt } from '../../ledger/windows.ts';
import type { WindowStarts } from '../../store/overview.ts';

const DAY_MS = 86_400_000;

/** The first days of the running budget windows at an offset such as +08:00. `now` is ms since 1970. */
export function windowStarts(now: number, offset: string): WindowStarts {
  const { day, weekStart, monthStart } = windowsAt(now, offset);
  return { day, week: weekStart, month: monthStart };
}

/** The date some days before a date (YYYY-MM-DD). */
export function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(date) - days * DAY_MS).toISOString().slice(0, 10);
}
