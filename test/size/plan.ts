/** How much there is. */
export interface Size {
  keys: number;
  rows: number;
}

/** Keys that are alike: a few are busy, most are used now and then. */
export interface Group {
  /** The number of its first key; a key's id rises with its number. */
  first: number;
  keys: number;
  /** Requests of each of its keys in the last thirty days. */
  requests: number;
}

export const DAYS = 30;
export const KEYS_A_USER = 5;
export const USERS_A_TEAM = 50;

/** A hundredth of the keys makes half of the requests, and a tenth eight of ten. */
const SHARES = [
  { keys: 0.01, rows: 0.5 },
  { keys: 0.09, rows: 0.3 },
  { keys: 0.9, rows: 0.2 },
];

/** The keys in their groups. */
export function groupsOf({ keys, rows }: Size): Group[] {
  let first = 0;
  return SHARES.map((share) => {
    const count = Math.round(keys * share.keys);
    const group = { first, keys: count, requests: Math.round((rows * share.rows) / count) };
    first += count;
    return group;
  });
}

/** What the n-th request of a key costs, in nano-USD: so a key's sum is known without adding it up. */
export function costOf(request: number): number {
  return 1_000_000 + request * 1_000;
}

/** What a key with so many requests has cost. */
export function totalCost(requests: number): number {
  return requests * 1_000_000 + ((requests * (requests - 1)) / 2) * 1_000;
}
