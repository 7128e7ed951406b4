/*
 * Slows failed sign-ins by address, in this isolate's memory. The secret's 32 characters are what protects;
 * this keeps guessing from being free.
 */

/** Failures that cost nothing: a slip of the hand is no attack. */
const FREE_FAILURES = 5;
const LONGEST_WAIT_SECONDS = 60;
/** Failures older than this are forgotten, in ms. */
const FORGET_AFTER = 3_600_000;
const MOST_ADDRESSES = 5_000;

interface Failures {
  count: number;
  lastAt: number;
}

const failuresByAddress = new Map<string, Failures>();

/** One network counts as one: an IPv6 client has 2^64 addresses of its own. */
function network(address: string): string {
  return address.includes(':') ? address.split(':').slice(0, 4).join(':') : address;
}

/** Whole seconds until an address may try again; 0 when it may now. `now` is ms since 1970. */
export function signInWait(address: string, now: number): number {
  const failures = failuresByAddress.get(network(address));
  if (failures === undefined || failures.count < FREE_FAILURES || now - failures.lastAt > FORGET_AFTER) return 0;
  const wait = Math.min(2 ** (failures.count - FREE_FAILURES), LONGEST_WAIT_SECONDS);
  return Math.max(0, Math.ceil((failures.lastAt + wait * 1000 - now) / 1000));
}

/** Counts a failed sign-in. */
export function noteSignInFailure(address: string, now: number): void {
  const name = network(address);
  const known = failuresByAddress.get(name);
  const count = known !== undefined && now - known.lastAt <= FORGET_AFTER ? known.count : 0;
  // Taken out first, so that the map's order is that of the last failure and the oldest goes.
  failuresByAddress.delete(name);
  failuresByAddress.set(name, { count: count + 1, lastAt: now });
  if (failuresByAddress.size <= MOST_ADDRESSES) return;
  for (const oldest of failuresByAddress.keys()) {
    failuresByAddress.delete(oldest);
    return;
  }
}

/** Forgets an address's failures, after it has signed in. */
export function forgetSignInFailures(address: string): void {
  failuresByAddress.delete(network(address));
}
