import type { Admission, LedgerRow } from './calls.ts';
import type { EntryBook } from './entry-book.ts';
import type { RefusalMinute } from './read-kept.ts';
import { MINUTE_MS, minuteOf } from './windows.ts';

/*
 * The refusals of one key, at most thirty rows a minute: what is beyond is counted in one of the rows, which waits for
 * the minute's end. That is also where an isolate's count goes, which it brings with a refusal of a later minute.
 */

/** So many rows of refusals a key and minute. */
export const MOST_ROWS = 30;

/** The refusals of one key. Times are ms since 1970. */
export interface RefusalBook {
  /** LedgerBooks a refusal: in a row, or in the count of another's. */
  add(row: LedgerRow, answer: Admission | null, now: number): 'settled' | 'folded';
  /** Lets the row that counts go to D1 when its minute is over. */
  close(now: number): void;
  /** When that is; Infinity where no row counts. */
  nextClose(): number;
  /** The lowest request id that may still be needed, or null. */
  oldestId(): string | null;
  /** True while a row counts, and is kept from D1. */
  readonly isCounting: boolean;
}

/** Opens the book after a start, at the minute that was kept. */
export function openRefusalBook(entries: EntryBook, kept: RefusalMinute): RefusalBook {
  let current = kept;

  function close(now: number): void {
    const { minute, tally } = current;
    if (minuteOf(now) <= minute) return;
    if (tally !== null) entries.release({ requestId: tally.requestId, kind: 'settle' }, tally.repeated);
    current = { minute: minuteOf(now), rows: 0, tally: null, oldestId: null };
  }

  function count(row: LedgerRow, more: number): void {
    const { oldestId, tally } = current;
    const requestId = tally?.requestId ?? row.requestId;
    const oldest = oldestId === null || row.requestId < oldestId ? row.requestId : oldestId;
    current = { ...current, tally: { requestId, repeated: (tally?.repeated ?? 0) + more }, oldestId: oldest };
  }

  return {
    add(row, answer, now) {
      close(now);
      const { rows, tally } = current;
      const more = row.repeated ?? 0;
      const plain = rows - (tally === null ? 0 : 1);
      if (more === 0 && plain < MOST_ROWS - 1) {
        entries.add(row, null, now, answer);
      } else if (tally === null) {
        entries.hold(row, now, answer);
        count(row, more);
      } else {
        entries.fold(row, now, answer);
        count(row, 1 + more);
        return 'folded';
      }
      current = { ...current, rows: rows + 1 };
      return 'settled';
    },
    close,
    nextClose: () => (current.tally === null ? Number.POSITIVE_INFINITY : (current.minute + 1) * MINUTE_MS),
    oldestId: () => current.oldestId,
    get isCounting() {
      return current.tally !== null;
    },
  };
}
