import { offsetMs } from '../../ledger/windows.ts';
import type { Texts } from '../texts/english.ts';
import type { View } from './view.ts';

const NANO = 1_000_000_000;

/** An instant (ISO, or ms since 1970) as the ISO text that a clock at this offset would show. What is none stays as it is. */
export function localTime(instant: string | number, offset: string): string {
  const time = new Date(instant).getTime();
  return Number.isNaN(time) ? String(instant) : new Date(time + offsetMs(offset)).toISOString();
}

/** `2026-11-23 08:05`, at the view's offset. */
export function dateTime(instant: string | number, view: View): string {
  return localTime(instant, view.offset).slice(0, 16).replace('T', ' ');
}

/** The same for lists: without a year that is this one. */
export function shortTime(instant: string | number, view: View): string {
  const time = dateTime(instant, view);
  return time.startsWith(localTime(view.now, view.offset).slice(0, 4)) ? time.slice(5) : time;
}

/** The same to the second. */
export function shortTimeWithSeconds(instant: string | number, view: View): string {
  return shortTime(instant, view) + localTime(instant, view.offset).slice(16, 19);
}

/** Money for reading: cents from ten cents on, four places below, two digits of what is less. The exact amount stands on the request's page. */
export function money(nanoUsd: number): string {
  const usd = Math.abs(nanoUsd) / NANO;
  const sign = nanoUsd < 0 ? '−' : '';
  if (usd > 0 && usd < 0.001)
    return `${sign}$${usd.toLocaleString('en', { maximumSignificantDigits: 2, maximumFractionDigits: 9 })}`;
  const places = usd === 0 || usd >= 0.1 ? 2 : 4;
  return `${sign}$${usd.toLocaleString('en', { minimumFractionDigits: places, maximumFractionDigits: places })}`;
}

/** A budget as it was set: no more places than it has, but cents. */
export function budgetMoney(usd: number): string {
  return `$${usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 9 })}`;
}

/** A price in USD, with as many places as it has. */
export function usd(price: number): string {
  return price.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 6 });
}

/** A whole number with its thousands apart. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** `1.2M`, `262K`: where the size is told and not the number. */
export function compact(value: number): string {
  return value.toLocaleString('en', {
    notation: 'compact',
    maximumFractionDigits: 1,
    maximumSignificantDigits: 3,
    roundingPriority: 'lessPrecision',
  });
}

/** A share of a whole; a dash where there is no whole. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const share = (100 * part) / whole;
  return `${share > 0 && share < 10 ? share.toFixed(1) : Math.round(share)} %`;
}

/** A length of time in ms: `840 ms`, `12.4 s`, `3 min 20 s`. The spaces hold number and unit together. */
export function duration(milliseconds: number | null): string {
  if (milliseconds === null) return '–';
  if (milliseconds < 1000) return `${Math.round(milliseconds)}\u00a0ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)}\u00a0s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}\u00a0min ${seconds % 60}\u00a0s`;
}

/** How long ago an instant was. */
export function ago(instant: number, now: number, texts: Texts): string {
  const minutes = Math.floor((now - instant) / 60_000);
  if (minutes < 1) return texts.justNow;
  if (minutes < 60) return texts.ago.minutes(minutes);
  if (minutes < 48 * 60) return texts.ago.hours(Math.floor(minutes / 60));
  return texts.ago.days(Math.floor(minutes / 1440));
}
