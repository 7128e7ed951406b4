import { requestIdFloor } from '../protocol/request-id.ts';
import type { Confirmed } from './confirmed.ts';
import type { EntryBook } from './entry-book.ts';
import type { LeaseBook } from './lease-book.ts';
import { LOOK_BACK_MS } from './read-kept.ts';
import type { RefusalBook } from './refusal-book.ts';
import type { SpendBook } from './spend-book.ts';

/*
 * Each row written is billed. What a key has spent and what D1 has confirmed is known in memory, and can be made again from
 * the rows since it was last written down: that is done for many of them at once.
 */

const MOST_ROWS = 100;
// Far less than the day after which D1 may forget a row: what is sent once more because nobody wrote down that it was
// confirmed is still known there.
const LONGEST_MS = 3_600_000;

/** When what is known in memory is written down. Times are ms since 1970. */
export interface Balance {
  /** So many rows were booked or confirmed. */
  note(rows: number, now: number): void;
  /** Writes it all down, where it is time. */
  writeIfDue(now: number): void;
  write(now: number): void;
  /** When it is time, whatever comes; Infinity where nothing is to be written. */
  nextDue(): number;
}

/** Opens it after a start. `isBehind`: there are rows since it was last written down. */
export function openBalance(
  books: { entries: EntryBook; leases: LeaseBook; refusals: RefusalBook; spend: SpendBook },
  confirmed: Confirmed,
  isBehind: boolean,
  now: number,
): Balance {
  let rows = 0;
  let since: number | null = isBehind ? now : null;

  const nextDue = () => (since === null ? Number.POSITIVE_INFINITY : since + LONGEST_MS);

  /** The lowest request id that must be found again after a start. */
  function floorAt(time: number): string {
    const { entries, leases, refusals } = books;
    const needed = [entries.outbox.oldestId(), leases.oldestId(), refusals.oldestId()].filter((id) => id !== null);
    return [...needed, requestIdFloor(time - LOOK_BACK_MS)].toSorted()[0] ?? '';
  }

  function write(time: number): void {
    books.spend.write(books.entries.lastPosition);
    confirmed.keep(floorAt(time));
    rows = 0;
    since = null;
  }

  return {
    note(more, time) {
      rows += more;
      since ??= time;
    },
    writeIfDue(time) {
      if (rows >= MOST_ROWS || time >= nextDue()) write(time);
    },
    write,
    nextDue,
  };
}
