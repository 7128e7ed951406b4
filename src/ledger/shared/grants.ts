import { type Budget, budgetsOf } from '../policy.ts';
import type { Window, Windows } from '../windows.ts';
import type { KnownLevel, LevelAnswer, LevelMessage, LevelNo } from './calls.ts';
import { reservedBy, type Share, type Shares } from './shares.ts';

/*
 * The rules of a shared budget. Pure and synchronous: each call is one transaction. What a key may still spend up to its
 * ceiling is reserved, in every window, later ones too: nobody knows in which it will be spent.
 */

const LARGEST_USUAL = 1_000_000_000; // 1 USD
const USUAL_SHARE = 0.02;

/** What all keys have spent in a window. */
export function spentIn(window: Window, shares: Shares, { day, weekStart, monthStart }: Windows): number {
  return shares.spentSince({ day, week: weekStart, month: monthStart, total: null }[window]);
}

/**
 * What is left of a budget, after what is reserved. A day that has only taken back leaves no more than its limit: what is
 * reserved by it may be spent tomorrow.
 */
function restOf({ window, limit }: Budget, shares: Shares, windows: Windows): number {
  return limit - Math.max(0, spentIn(window, shares, windows)) - shares.reserved;
}

function smallestRest(level: KnownLevel, shares: Shares, windows: Windows): number {
  return Math.min(...budgetsOf(level).map((budget) => restOf(budget, shares, windows)));
}

/** What a key gets more than it asked for, so that it need not ask each time: a share of what there is without its own rest. */
function usualGrant(level: KnownLevel, shares: Shares, windows: Windows, own: Share): number {
  const rest = smallestRest(level, shares, windows) + reservedBy(own);
  return Math.max(0, Math.min(Math.floor(rest * USUAL_SHARE), LARGEST_USUAL));
}

/**
 * Takes in what a ledger reports, and a release where it has lowered its ceiling. False for a message with another
 * version than the one that stands: it changes nothing.
 */
export function hear(shares: Shares, message: LevelMessage): boolean {
  const { keyId, ledgerJurisdiction, version, total, gross, held, days, lowers } = message;
  const known = shares.get(keyId);
  if (version !== known.version) return false;
  const ceiling = lowers ? gross + held : known.ceiling;
  const all = { ...known.days, ...days };
  shares.put(keyId, { ledgerJurisdiction, version: version + 1, ceiling, total, gross, days: all });
  return true;
}

/** Whether what was settled leaves nothing, whatever is reserved: nobody can give anything back then. */
export function isUsedUp(level: KnownLevel, shares: Shares, windows: Windows): boolean {
  return budgetsOf(level).some(({ window, limit }) => spentIn(window, shares, windows) >= limit);
}

function noOf(level: KnownLevel, least: number, shares: Shares, windows: Windows): LevelNo | null {
  // Of several the one that begins anew last: waiting for another does not help.
  const short = budgetsOf(level).findLast((budget) => restOf(budget, shares, windows) < least);
  if (short === undefined) return null;
  const { window, limit } = short;
  const spent = spentIn(window, shares, windows);
  const resetAt = window === 'total' ? null : new Date(windows.resetAt[window]).toISOString();
  return { window, resetAt, limit, spent, reserved: shares.reserved };
}

/** What must be set aside beyond what is, so that `amount` fits above what the ledger has reported. */
function lacking(share: Share, held: number, amount: number): number {
  return held + amount - reservedBy(share);
}

/**
 * Raises a key's ceiling so that what is asked fits above what the ledger reported, or says no. It never lowers it.
 * Who waits beside gets what there is.
 */
export function grant(
  shares: Shares,
  level: KnownLevel,
  windows: Windows,
  { keyId, held, asked, wanted }: LevelMessage,
): LevelNo | null {
  const share = shares.get(keyId);
  const least = lacking(share, held, asked);
  if (asked === 0 || least <= 0) return null;
  const no = noOf(level, least, shares, windows);
  if (no !== null) return no;
  const rest = smallestRest(level, shares, windows);
  const more = Math.min(rest, Math.max(least, lacking(share, held, wanted), usualGrant(level, shares, windows, share)));
  const ceiling = Math.max(share.ceiling, share.gross) + more;
  shares.put(keyId, { ...share, version: share.version + 1, ceiling });
  return null;
}

/** What stands for a key, as its ledger is answered. */
export function answerFor(
  shares: Shares,
  level: KnownLevel,
  windows: Windows,
  keyId: string,
  heard: Pick<LevelAnswer, 'isHeard' | 'no'>,
): LevelAnswer {
  const share = shares.get(keyId);
  const { version, ceiling } = share;
  return { ...heard, version, ceiling, usual: usualGrant(level, shares, windows, share), level };
}
