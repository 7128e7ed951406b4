import type { ApiKey } from '../store/schema.ts';
import { rateLimitsOf } from './admission.ts';
import type { RateLimits } from './calls.ts';
import { type LedgerBooks, positionAt } from './ledger-books.ts';
import { budgetsOf } from './policy.ts';
import type { Window } from './windows.ts';

type PerWindow = Record<Window, number>;

/** What a key's holder may know. Money is nano-USD; times are ISO UTC. */
export interface LedgerState {
  /** Settled only. */
  spent: PerWindow;
  held: number;
  openLeases: number;
  /** What the budgets leave, after what is held. Only the windows that have one. */
  remaining: Partial<PerWindow>;
  resetAt: { day: string; week: string; month: string };
  rateLimits: RateLimits;
  /** The middle of how long the last hundred `begin` took, in ms; null where none was timed. */
  beginMs: number | null;
}

function middleOf(times: readonly number[]): number | null {
  return times.toSorted((one, other) => one - other)[Math.floor((times.length - 1) / 2)] ?? null;
}

/** Where a key stands. `now` is ms since 1970. */
export function stateOf(books: LedgerBooks, given: ApiKey, now: number): LedgerState {
  const key = books.policy.newest(given, now);
  const position = positionAt(books, now);
  const { resetAt } = position.windows;
  const spent = {
    day: position.spent('day'),
    week: position.spent('week'),
    month: position.spent('month'),
    total: position.spent('total'),
  };
  const remaining: Partial<PerWindow> = {};
  for (const { window, limit } of budgetsOf(key)) {
    remaining[window] = Math.max(0, limit - spent[window] - position.held);
  }
  return {
    spent,
    held: position.held,
    openLeases: position.running,
    remaining,
    resetAt: {
      day: new Date(resetAt.day).toISOString(),
      week: new Date(resetAt.week).toISOString(),
      month: new Date(resetAt.month).toISOString(),
    },
    rateLimits: rateLimitsOf(key, position),
    beginMs: middleOf(books.entries.beginTimes()),
  };
}
