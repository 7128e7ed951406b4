/*
 * What was read from D1 is served from an isolate's memory, at no I/O, and read again behind a request long before it is
 * too old: so a change by plain SQL, of which nobody tells, holds within a minute.
 */

/** The limit of what is served, in ms from the read of D1: a minute less what a slow read takes. */
export const MAX_AGE = 50_000;
/** From this age on it is read again in the background. */
export const REFRESH_AGE = 25_000;
/** How long a failed or running read keeps the next one from being tried. */
const RETRY_AFTER = 5_000;

/** Whether what is known is to be served as it is, served while it is read again, or read before. All in ms since 1970. */
export function freshnessAt(now: number, readAt: number, triedAt: number): 'fresh' | 'aging' | 'old' {
  const age = now - readAt;
  if (age < REFRESH_AGE || now - triedAt < RETRY_AFTER) return 'fresh';
  return age < MAX_AGE ? 'aging' : 'old';
}
