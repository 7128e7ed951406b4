import { requestIdFloor } from '../protocol/request-id.ts';
import type { Admission, LedgerRow, Settlement } from './entry.ts';
import { type OpenRows, openOpenRows, type RowName } from './open-rows.ts';

export interface Entry {
  row: LedgerRow;
  /** The ledger's no, where there was one: the same id gets it again. */
  refusal: Admission | null;
}

/** The rows of one key's ledger, kept until D1 has them and for three days more. Times are ms since 1970. */
export interface EntryBook {
  find(name: RowName): Entry | null;
  add(row: LedgerRow, admittedAt: number | null, settledAt: number, refusal: Admission | null): void;
  /** Keeps a second settlement that says something else: to be looked at, never counted. */
  keepConflict(requestId: string, settlement: Settlement, now: number): void;
  /** D1 has these. */
  acknowledge(names: readonly RowName[]): void;
  /** Rows to give to the queue: those not sent since `sentBefore`, oldest first. */
  unsent(sentBefore: number, limit: number): LedgerRow[];
  prune(settledBefore: number): void;
  /** Starts and tokens of the last hours, to fill the sliding minute after a restart. */
  recent(now: number): { admittedAt: number | null; settledAt: number; tokens: number }[];
  readonly open: OpenRows;
}

// A request may run this long and still count in the minute in which it ends, a restart in between included.
const LOOK_BACK_MS = 3_600_000;

export function openEntryBook(sql: SqlStorage): EntryBook {
  const open = openOpenRows(sql);

  function find({ requestId, kind }: RowName): Entry | null {
    const [found] = sql.exec<{ row: string; refusal: string | null }>(
      'SELECT row, refusal FROM entries WHERE request_id = ? AND kind = ?',
      requestId,
      kind,
    );
    if (found === undefined) return null;
    return { row: JSON.parse(found.row), refusal: found.refusal === null ? null : JSON.parse(found.refusal) };
  }

  return {
    open,
    find,
    add(row, admittedAt, settledAt, refusal) {
      const tokens = row.usage.inputTokens + row.usage.outputTokens;
      const no = refusal === null ? null : JSON.stringify(refusal);
      sql.exec(
        'INSERT INTO entries (request_id, kind, admitted_at, settled_at, tokens, row, refusal) VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[row.requestId, row.kind, admittedAt, settledAt, tokens, JSON.stringify(row), no],
      );
      open.add({ requestId: row.requestId, kind: row.kind });
    },
    keepConflict(requestId, settlement, now) {
      const text = JSON.stringify(settlement);
      sql.exec(
        'INSERT INTO conflicts (request_id, at, row) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        requestId,
        now,
        text,
      );
    },
    acknowledge(names) {
      for (const name of names) {
        if (!open.remove(name)) continue;
        sql.exec('UPDATE entries SET acknowledged = 1 WHERE request_id = ? AND kind = ?', name.requestId, name.kind);
      }
    },
    unsent: (sentBefore, limit) => open.unsent(sentBefore, limit).flatMap((name) => find(name)?.row ?? []),
    prune(settledBefore) {
      const ids = requestIdFloor(settledBefore);
      sql.exec('DELETE FROM entries WHERE request_id < ? AND acknowledged = 1 AND settled_at < ?', ids, settledBefore);
      open.raiseFloor(settledBefore);
    },
    recent(now) {
      const rows = sql.exec<{ admitted_at: number | null; settled_at: number; tokens: number }>(
        'SELECT admitted_at, settled_at, tokens FROM entries WHERE request_id >= ? ORDER BY settled_at',
        requestIdFloor(now - LOOK_BACK_MS),
      );
      return [...rows].map((row) => ({ admittedAt: row.admitted_at, settledAt: row.settled_at, tokens: row.tokens }));
    },
  };
}
