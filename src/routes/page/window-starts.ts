import type { WindowStarts } from '../../store/overview.ts';
import { localTime } from './format.ts';

const DAY_MS = 86_400_000;

/** The first days of the running day, week (Monday) and month at an offset such as +08:00. `now` is ms since 1970. */
export function windowStarts(now: number, offset: string): WindowStarts {
  const day = localTime(now, offset).slice(0, 10);
  const weekday = (new Date(day).getUTCDay() + 6) % 7;
  return { day, week: daysBefore(day, weekday), month: `${day.slice(0, 7)}-01` };
}

/** The date some days before a date (YYYY-MM-DD). */
export function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(date) - days * DAY_MS).toISOString().slice(0, 10);
}
