/** What counts for a minute: a start counts one, a settlement counts its tokens. */
interface Mark {
  at: number;
  amount: number;
}

/** Sums over the last 60 seconds. Times are ms since 1970 and never run backwards in one object. */
export interface SlidingMinute {
  add(at: number, amount: number): void;
  sum(now: number): number;
  /** Milliseconds until the sum is at most `limit`; 0 where it is already. */
  waitFor(now: number, limit: number): number;
  /** Milliseconds until nothing counts any more. */
  emptyIn(now: number): number;
  /** How many marks are kept, as of the last one added or asked for. */
  readonly size: number;
}

const MINUTE_MS = 60_000;

/** A minute in which nothing counts yet. */
export function createSlidingMinute(): SlidingMinute {
  const marks: Mark[] = [];
  let total = 0;

  function forget(now: number): void {
    while (marks[0] !== undefined && marks[0].at <= now - MINUTE_MS) total -= marks.shift()?.amount ?? 0;
  }

  return {
    add(at, amount) {
      // Here too: a key that is only refused is never asked for its sum.
      forget(at);
      if (amount === 0) return;
      marks.push({ at, amount });
      total += amount;
    },
    sum(now) {
      forget(now);
      return total;
    },
    waitFor(now, limit) {
      forget(now);
      let rest = total;
      for (const mark of marks) {
        if (rest <= limit) break;
        rest -= mark.amount;
        if (rest <= limit) return mark.at + MINUTE_MS - now;
      }
      return 0;
    },
    emptyIn(now) {
      forget(now);
      const last = marks.at(-1);
      return last === undefined ? 0 : last.at + MINUTE_MS - now;
    },
    get size() {
      return marks.length;
    },
  };
}
