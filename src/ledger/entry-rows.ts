import { requestIdFloor } from '../protocol/request-id.ts';
import { countedTokens } from './counted-tokens.ts';
import type { Admission, Checkpoint, LeaseRequest, LedgerRow } from './entry.ts';
import type { RowName } from './outbox.ts';

/* The statements on the table `requests`. A row is a lease while its request runs, and an entry once it is settled. */

/** A request that runs: it holds money and a place from begin to settle. Times are ms since 1970, the object's clock. */
export interface Lease {
  request: LeaseRequest;
  admittedAt: number;
  expiresAt: number;
  checkpoint: Checkpoint | null;
}

/** What is kept of a settled request. */
export interface Entry {
  row: LedgerRow;
  /** The ledger's no, where there was one: the same id gets it again. */
  refusal: Admission | null;
}

/** False where there is a row of this request already. */
export function insertLease(sql: SqlStorage, { request, admittedAt, expiresAt }: Lease): boolean {
  const { rowsWritten } = sql.exec(
    `INSERT INTO requests (request_id, kind, admitted_at, expires_at, lease) VALUES (?, 'settle', ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    ...[request.requestId, admittedAt, expiresAt, JSON.stringify(request)],
  );
  return rowsWritten > 0;
}

/** Writes a lease's new end and its last checkpoint. */
export function updateLease(sql: SqlStorage, { request, checkpoint, expiresAt }: Lease): void {
  sql.exec(
    `UPDATE requests SET checkpoint = ?, expires_at = ? WHERE request_id = ? AND kind = 'settle'`,
    ...[JSON.stringify(checkpoint), expiresAt, request.requestId],
  );
}

/** Null while the request runs, too. */
export function selectEntry(sql: SqlStorage, { requestId, kind }: RowName): Entry | null {
  const [found] = sql.exec<{ row: string; refusal: string | null }>(
    'SELECT row, refusal FROM requests WHERE request_id = ? AND kind = ? AND row IS NOT NULL',
    ...[requestId, kind],
  );
  if (found === undefined) return null;
  return { row: JSON.parse(found.row), refusal: found.refusal === null ? null : JSON.parse(found.refusal) };
}

const ADD = `INSERT INTO requests (request_id, kind, admitted_at, settled_at, position, tokens, row, refusal)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET expires_at = NULL, lease = NULL, checkpoint = NULL, settled_at = excluded.settled_at,
  position = excluded.position, tokens = excluded.tokens, row = excluded.row, refusal = excluded.refusal`;

/** Puts an entry in the place of its lease, where there is one. */
export function insertEntry(
  sql: SqlStorage,
  { row, refusal }: Entry,
  times: { admittedAt: number | null; settledAt: number },
  position: number,
): void {
  const no = refusal === null ? null : JSON.stringify(refusal);
  const { admittedAt, settledAt } = times;
  sql.exec(
    ADD,
    ...[row.requestId, row.kind, admittedAt, settledAt, position, countedTokens(row), JSON.stringify(row), no],
  );
}

/** Moves an entry to another place in the order in which D1 gets them. */
export function updatePosition(sql: SqlStorage, { requestId, kind }: RowName, position: number): void {
  sql.exec('UPDATE requests SET position = ? WHERE request_id = ? AND kind = ?', ...[position, requestId, kind]);
}

/** Names of entries behind this one, in the order of their ids. */
export function selectNames(sql: SqlStorage, after: RowName, limit: number): RowName[] {
  const rows = sql.exec<{ request_id: string; kind: RowName['kind'] }>(
    `SELECT request_id, kind FROM requests WHERE (request_id, kind) > (?, ?) AND row IS NOT NULL
     ORDER BY request_id, kind LIMIT ?`,
    ...[after.requestId, after.kind, limit],
  );
  return [...rows].map(({ request_id: requestId, kind }) => ({ requestId, kind }));
}

/** Deletes entries settled before an instant that D1 has: those up to the position `through`. Answers how many. */
export function deleteEntries(sql: SqlStorage, settledBefore: number, through: number, limit: number): number {
  const { rowsWritten } = sql.exec(
    `DELETE FROM requests WHERE (request_id, kind) IN (
       SELECT request_id, kind FROM requests
       WHERE request_id < ? AND settled_at < ? AND position <= ? ORDER BY request_id LIMIT ?)`,
    ...[requestIdFloor(settledBefore), settledBefore, through, limit],
  );
  return rowsWritten;
}

/** When the entry with the lowest id was settled; null where there is none, or where it still runs. */
export function selectOldestAt(sql: SqlStorage): number | null {
  const [oldest] = sql.exec<{ settled_at: number | null }>(
    'SELECT settled_at FROM requests ORDER BY request_id LIMIT 1',
  );
  return oldest?.settled_at ?? null;
}
