import { requestIdFloor } from '../protocol/request-id.ts';
import type { Confirmed } from './confirmed.ts';
import type { EntryBook } from './entry-book.ts';
import type { LeaseBook } from './lease-book.ts';
import { type Behind, LOOK_BACK_MS } from './read-kept.ts';
import type { RefusalBook } from './refusal-book.ts';
import type { SpendBook } from './spend-book.ts';

/*
 * Each row written is billed. What a key has spent and what D1 has confirmed is known in memory, and can be made again from
 * the rows since it was last written down: that is done for many of them at once.
 */

const MOST_ROWS = 100;
// An object that has nothing to wait for may be out of memory any moment, and one that forgets what D1 has confirmed sends
// it again. To write it down is a row: so many are worth it, and fewer where it was not done for so long.
const ROWS_AT_REST = 10;
const REST_EVERY_MS = 600_000;
// Far less than the day after which D1 may forget a row: what is sent once more because nobody wrote down that it was
// confirmed is still known there.
const LONGEST_MS = 3_600_000;

/** When what is known in memory is written down. Times are ms since 1970. */
export interface Balance {
  /** A row was booked. */
  noteBooked(now: number): void;
  /** Rows were confirmed. */
  noteConfirmed(now: number): void;
  /** Writes it all down, where it is time. */
  writeIfDue(now: number): void;
  write(now: number): void;
  /** When it is time, whatever comes; Infinity where nothing is to be written. */
  nextDue(): number;
}

/** Opens it after a start, with the rows since it was last written down: a key that sleeps between two requests has it written, too. */
export function openBalance(
  books: { entries: EntryBook; leases: LeaseBook; refusals: RefusalBook; spend: SpendBook },
  confirmed: Confirmed,
  behind: Behind,
): Balance {
  let { rows, since } = behind;
  // When what D1 has confirmed was last written down by itself; nobody knows after a start.
  let restedAt = Number.NEGATIVE_INFINITY;

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
    noteBooked(time) {
      rows += 1;
      since ??= time;
    },
    noteConfirmed(time) {
      since ??= time;
      const isAtRest = books.entries.outbox.size === 0;
      const isWorthIt = confirmed.through - confirmed.keptThrough >= ROWS_AT_REST || time >= restedAt + REST_EVERY_MS;
      if (!isAtRest || !isWorthIt) return;
      restedAt = time;
      // The sums are not written: rows that are not in them must be found again.
      confirmed.keep(confirmed.floor);
    },
    writeIfDue(time) {
      if (rows >= MOST_ROWS || time >= nextDue()) write(time);
    },
    write,
    nextDue,
  };
}
