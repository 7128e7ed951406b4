import type { LedgerRow } from './calls.ts';

/** A row's name: a request has one settle row and at most one adjust row. */
export interface RowName {
  requestId: string;
  kind: LedgerRow['kind'];
}

/** The rows that D1 is not known to have, in the order of their positions. Times are ms since 1970. */
export interface Outbox {
  /** Positions never fall. */
  add(name: RowName, position: number): void;
  has(name: RowName): boolean;
  /** False where the row was not there. */
  remove(name: RowName): boolean;
  /** Rows to give to the queue now, oldest first. Somebody who asks waits less for what was sent before. */
  due(now: number, limit: number, isAsked: boolean): RowName[];
  /** Answers how often the row has been sent. */
  markSent(name: RowName, now: number): number;
  /** The queue did not take it. */
  markUnsent(name: RowName): void;
  /** When a row is to be sent next; in the past for one that never was, Infinity for none. */
  nextDue(): number;
  /** The lowest position, or Infinity. */
  lowestPosition(): number;
  /** The lowest request id, or null. */
  oldestId(): string | null;
  readonly size: number;
  /** How many rows the queue has not had yet. */
  readonly unsent: number;
}

// A row that D1 has not confirmed is sent again: the local queue forgets, and production's may deliver late.
// The wait doubles, so that an outage of hours does not fill the queue with the same rows.
const FIRST_RESEND_MS = 60_000;
const LONGEST_RESEND_MS = 300_000;
const ASKED_RESEND_MS = 10_000;

interface Waiting {
  name: RowName;
  position: number;
  /** 0 for never. */
  sentAt: number;
  times: number;
}

function textOf({ requestId, kind }: RowName): string {
  return `${requestId}/${kind}`;
}

function dueAt({ sentAt, times }: Waiting): number {
  return sentAt === 0 ? 0 : sentAt + Math.min(FIRST_RESEND_MS * 2 ** (times - 1), LONGEST_RESEND_MS);
}

/** An empty outbox. */
export function createOutbox(): Outbox {
  const rows = new Map<string, Waiting>();
  let unsent = 0;

  return {
    add(name, position) {
      const text = textOf(name);
      const known = rows.get(text);
      // Behind all others: the order of the map is the order of the positions.
      rows.delete(text);
      rows.set(text, { sentAt: 0, times: 0, ...known, name, position });
      if (known === undefined) unsent += 1;
    },
    has: (name) => rows.has(textOf(name)),
    remove(name) {
      const known = rows.get(textOf(name));
      if (known?.sentAt === 0) unsent -= 1;
      return rows.delete(textOf(name));
    },
    due(now, limit, isAsked) {
      const names: RowName[] = [];
      for (const row of rows.values()) {
        if (names.length === limit) break;
        const at = isAsked && row.sentAt > 0 ? Math.min(dueAt(row), row.sentAt + ASKED_RESEND_MS) : dueAt(row);
        if (at <= now) names.push(row.name);
      }
      return names;
    },
    markSent(name, now) {
      const row = rows.get(textOf(name));
      if (row === undefined) return 0;
      if (row.sentAt === 0) unsent -= 1;
      row.sentAt = now;
      row.times += 1;
      return row.times;
    },
    markUnsent(name) {
      const row = rows.get(textOf(name));
      if (row === undefined || row.sentAt === 0) return;
      row.sentAt = 0;
      row.times -= 1;
      unsent += 1;
    },
    nextDue() {
      if (unsent > 0) return 0;
      let next = Number.POSITIVE_INFINITY;
      for (const row of rows.values()) next = Math.min(next, dueAt(row));
      return next;
    },
    lowestPosition: () => rows.values().next().value?.position ?? Number.POSITIVE_INFINITY,
    oldestId() {
      let oldest: string | null = null;
      for (const { name } of rows.values()) {
        if (oldest === null || name.requestId < oldest) oldest = name.requestId;
      }
      return oldest;
    },
    get size() {
      return rows.size;
    },
    get unsent() {
      return unsent;
    },
  };
}
