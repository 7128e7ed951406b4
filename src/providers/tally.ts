/** How many tries served and how many failed in the last minute, second by second. */
export interface Tally {
  readonly seconds: Map<number, Count>;
}

interface Count {
  served: number;
  failed: number;
}

const SECONDS = 60;

export function newTally(): Tally {
  return { seconds: new Map() };
}

/** Counts a try. `now` is milliseconds since 1970. */
export function tally({ seconds }: Tally, what: keyof Count, now: number): void {
  const second = Math.floor(now / 1000);
  const count = seconds.get(second) ?? { served: 0, failed: 0 };
  count[what] += 1;
  seconds.set(second, count);
  // They stand in the order in which they came: the old ones first.
  for (const old of seconds.keys()) {
    if (old > second - SECONDS) break;
    seconds.delete(old);
  }
}

/** The sums of the last minute, to within a second. */
export function tallied({ seconds }: Tally, now: number): Readonly<Count> {
  const since = Math.floor(now / 1000) - SECONDS;
  const sum = { served: 0, failed: 0 };
  for (const [second, { served, failed }] of seconds) {
    if (second <= since) continue;
    sum.served += served;
    sum.failed += failed;
  }
  return sum;
}
