import type { LedgerJurisdiction } from '../../protocol/ledger-place.ts';

/** What a shared budget keeps of one key. Money is integer nano-USD. */
export interface Share {
  /** Where its ledger is. */
  ledgerJurisdiction: LedgerJurisdiction | null;
  /** Rises with every message that is taken in. */
  version: number;
  /** Up to where the key's gross sum for the level may go. */
  ceiling: number;
  /** The all-time sums, settled, as they were last reported: with and without what corrections have taken back. */
  total: number;
  gross: number;
  /** The same by day, as far as a window may reach back. */
  days: Readonly<Record<string, number>>;
}

/** What is kept of all keys, with its sums. */
export interface Shares {
  get(keyId: string): Share;
  put(keyId: string, share: Share): void;
  /** What all keys have spent since a day; for null since ever. */
  spentSince(day: string | null): number;
  /** What all keys may still spend up to their ceilings. */
  readonly reserved: number;
  /** The keys that may still spend something, the one with the most first. */
  holders(): string[];
  entries(): Iterable<[keyId: string, share: Share]>;
}

const NOTHING: Share = { ledgerJurisdiction: null, version: 0, ceiling: 0, total: 0, gross: 0, days: {} };

/** What a key may still spend up to its ceiling. */
export function reservedBy({ ceiling, gross }: Share): number {
  return Math.max(0, ceiling - gross);
}

/** Opens the shares with what was kept. `keep` writes one down. */
export function openShares(kept: Iterable<[string, Share]>, keep: (keyId: string, share: Share) => void): Shares {
  const shares = new Map<string, Share>();
  const days = new Map<string, number>();
  const sums = { total: 0, reserved: 0 };

  function count(share: Share, sign: 1 | -1): void {
    sums.total += sign * share.total;
    sums.reserved += sign * reservedBy(share);
    for (const [day, cost] of Object.entries(share.days)) days.set(day, (days.get(day) ?? 0) + sign * cost);
  }

  function set(keyId: string, share: Share): void {
    count(shares.get(keyId) ?? NOTHING, -1);
    shares.set(keyId, share);
    count(share, 1);
  }

  for (const [keyId, share] of kept) set(keyId, share);

  return {
    get: (keyId) => shares.get(keyId) ?? NOTHING,
    put(keyId, share) {
      set(keyId, share);
      keep(keyId, share);
    },
    spentSince(first) {
      if (first === null) return sums.total;
      let sum = 0;
      for (const [day, cost] of days) if (day >= first) sum += cost;
      return sum;
    },
    get reserved() {
      return sums.reserved;
    },
    holders: () =>
      [...shares]
        .filter(([, share]) => reservedBy(share) > 0)
        .toSorted(([, one], [, other]) => reservedBy(other) - reservedBy(one))
        .map(([keyId]) => keyId),
    entries: () => shares.entries(),
  };
}
