import type { Admission, LedgerRow, Settlement } from './calls.ts';
import type { Confirmed } from './confirmed.ts';
import {
  deleteEntries,
  type Entry,
  insertConflict,
  insertEntry,
  type NewEntry,
  selectBeginTimes,
  selectEntry,
  selectNames,
  selectOldestAt,
  updatePosition,
  updateRow,
} from './entry-rows.ts';
import { createOutbox, type Outbox, type RowName } from './outbox.ts';
import type { Kept } from './read-kept.ts';

/** The rows of one key's ledger, kept until D1 has them and for three days more. Times are ms since 1970. */
export interface EntryBook {
  /** Null while the request runs, too. */
  find(name: RowName): Entry | null;
  add(row: LedgerRow, admittedAt: number | null, settledAt: number, refusal: Admission | null): void;
  /** Keeps a row from D1 until it is released. */
  hold(row: LedgerRow, settledAt: number, refusal: Admission | null): void;
  /** Remembers that a refusal was counted in another's row. */
  fold(row: LedgerRow, settledAt: number, refusal: Admission | null): void;
  /** Lets a row go that was kept, as one that stands for so many more. */
  release(name: RowName, repeated: number): void;
  /** Keeps a second settlement that says something else: to be looked at, never counted. */
  keepConflict(settlement: Settlement, now: number): void;
  /** D1 has these. Answers how many of them it was not known to have. */
  acknowledge(names: readonly RowName[]): number;
  /** Rows to give to the queue now, marked as sent. Somebody who asks waits less for what was sent before. */
  take(now: number, limit: number, isAsked: boolean): LedgerRow[];
  /** The last place in the order in which D1 gets the rows. It rises with each row, and when one is moved back. */
  readonly lastPosition: number;
  /** The queue did not take them. */
  giveBack(rows: readonly LedgerRow[]): void;
  /** Sends everything once more that is kept after this request id. */
  resendFrom(requestId: string): void;
  /** Forgets up to `limit` rows that D1 has. True where there may be more. */
  prune(settledBefore: number, limit: number): boolean;
  /** How long `begin` took for the last hundred requests, in ms. */
  beginTimes(): number[];
  /** When the oldest row was settled; null where none is kept. */
  oldestAt(): number | null;
  /** When there is something to send, in the past for now; Infinity for never. */
  nextDue(): number;
  readonly outbox: Outbox;
}

// A row that D1 does not confirm after so many tries goes to the end of the line: it shall not hold up the mark.
const TRIES_IN_PLACE = 3;
// Rows that are to be sent once more come into the outbox so many at a time.
const RESEND_BATCH = 1_000;
const TIMED = 100;

/** Opens the book after a start. */
export function openEntryBook(sql: SqlStorage, confirmed: Confirmed, kept: Kept): EntryBook {
  const outbox = createOutbox();
  let lastPosition = kept.lastPosition;
  let resendAfter: RowName | null = null;
  for (const { name, position } of kept.waiting) outbox.add(name, position);

  function refill(): void {
    if (resendAfter === null || outbox.size >= RESEND_BATCH) return;
    const names = selectNames(sql, resendAfter, RESEND_BATCH);
    for (const name of names) if (!outbox.has(name)) outbox.add(name, lastPosition);
    resendAfter = names.length < RESEND_BATCH ? null : (names.at(-1) ?? null);
  }

  function moveBack(name: RowName): void {
    lastPosition += 1;
    updatePosition(sql, name, lastPosition);
    outbox.add(name, lastPosition);
  }

  function insert(entry: NewEntry, isCounted: boolean): void {
    insertEntry(sql, entry, isCounted);
    confirmed.reach(entry.row.requestId);
  }

  return {
    outbox,
    find: (name) => selectEntry(sql, name),
    add(row, admittedAt, settledAt, refusal) {
      lastPosition += 1;
      insert({ row, refusal, admittedAt, settledAt, position: lastPosition }, false);
      outbox.add({ requestId: row.requestId, kind: row.kind }, lastPosition);
    },
    hold: (row, settledAt, refusal) => insert({ row, refusal, admittedAt: null, settledAt, position: null }, false),
    fold: (row, settledAt, refusal) => insert({ row, refusal, admittedAt: null, settledAt, position: null }, true),
    release(name, repeated) {
      const row = selectEntry(sql, name)?.row;
      if (!row) return;
      lastPosition += 1;
      updateRow(sql, { ...row, repeated }, lastPosition);
      outbox.add(name, lastPosition);
    },
    keepConflict: (settlement, now) => insertConflict(sql, settlement, now),
    acknowledge(names) {
      const count = names.filter((name) => outbox.remove(name)).length;
      if (count > 0) confirmed.raise(Math.min(lastPosition, outbox.lowestPosition() - 1));
      return count;
    },
    get lastPosition() {
      return lastPosition;
    },
    take(now, limit, isAsked) {
      refill();
      const due = outbox.due(now, limit, isAsked);
      for (const name of due) if (outbox.markSent(name, now) > TRIES_IN_PLACE) moveBack(name);
      return due.flatMap((name) => selectEntry(sql, name)?.row ?? []);
    },
    giveBack: (rows) => rows.forEach(outbox.markUnsent),
    resendFrom(requestId) {
      resendAfter = { requestId, kind: 'adjust' };
    },
    prune(settledBefore, limit) {
      sql.exec('DELETE FROM conflicts WHERE at < ?', settledBefore);
      return deleteEntries(sql, settledBefore, confirmed.keptThrough, limit) >= limit;
    },
    beginTimes: () => selectBeginTimes(sql, TIMED),
    oldestAt: () => selectOldestAt(sql),
    nextDue: () => (resendAfter === null ? outbox.nextDue() : 0),
  };
}
