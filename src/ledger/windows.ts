import type { WindowStarts } from '../store/overview.ts';

/*
 * The calendar windows of a budget: day, week (from Monday) and month, in a fixed offset from UTC.
 * A fixed offset knows no daylight saving: a day always has 24 hours.
 */

export const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The clock's minute of an instant, counted since 1970. */
export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS);
}

/** All of them, the shortest first. */
export const WINDOWS = ['day', 'week', 'month', 'total'] as const;

/** What a budget is for: a calendar window, or all time. */
export type Window = (typeof WINDOWS)[number];

/** The offset `+05:30` or `-03:00` in milliseconds. */
export function offsetMs(offset: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? [];
  const total = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS;
  return sign === '-' ? -total : total;
}

function isoDay(local: number): string {
  return new Date(local).toISOString().slice(0, 10);
}

/** The days and resets of an instant. `now` is ms since 1970; days are YYYY-MM-DD in the offset. */
export interface Windows {
  day: string;
  /** First day of the week and of the month. */
  weekStart: string;
  monthStart: string;
  /** When each window begins anew, ms since 1970. */
  resetAt: { day: number; week: number; month: number };
}

/** The windows of an instant. `now` is ms since 1970, `offset` such as +08:00. */
export function windowsAt(now: number, offset: string): Windows {
  const shift = offsetMs(offset);
  const local = new Date(now + shift);
  const midnight = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate());
  const monday = midnight - ((local.getUTCDay() + 6) % 7) * DAY_MS;
  const nextMonth = Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1);
  return {
    day: isoDay(midnight),
    weekStart: isoDay(monday),
    monthStart: isoDay(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1)),
    resetAt: { day: midnight + DAY_MS - shift, week: monday + 7 * DAY_MS - shift, month: nextMonth - shift },
  };
}

/** The first days of the windows that an instant is in. `now` is ms since 1970, `offset` such as +08:00. */
export function windowStarts(now: number, offset: string): WindowStarts {
  const { day, weekStart, monthStart } = windowsAt(now, offset);
  return { day, week: weekStart, month: monthStart };
}

/** The windows of each instant, worked out once a day. */
export function createCalendar(offset: string): (now: number) => Windows {
  let known: Windows | null = null;
  return (now) => {
    const isToday = known !== null && now < known.resetAt.day && now >= known.resetAt.day - DAY_MS;
    known = known !== null && isToday ? known : windowsAt(now, offset);
    return known;
  };
}

/** The date some days before a date (YYYY-MM-DD). */
export function daysBefore(date: string, days: number): string {
  return isoDay(Date.parse(date) - days * DAY_MS);
}
