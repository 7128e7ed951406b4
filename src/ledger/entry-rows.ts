import { requestIdFloor } from '../protocol/request-id.ts';
import type { Admission, Checkpoint, LeaseRequest, LedgerRow, Settlement } from './calls.ts';
import { countedTokens } from './counted-tokens.ts';
import type { RowName } from './outbox.ts';

/* The statements on the table `requests`. A row is a lease while its request runs, and an entry once it is settled. */

/** A request that runs: it holds money and a place from begin to settle. Times are ms since 1970, the object's clock. */
export interface Lease {
  request: LeaseRequest;
  /** Whose key it was when the request began: who gets the key later takes no spend along. Null where the version before wrote it. */
  owner: string | null;
  /** The owner's team then; null for none. */
  team: string | null;
  admittedAt: number;
  expiresAt: number;
  checkpoint: Checkpoint | null;
}

/** What is kept of a settled request. */
export interface Entry {
  /** Null for a refusal that is counted in another's row. */
  row: LedgerRow | null;
  /** The ledger's no, where there was one: the same id gets it again. */
  refusal: Admission | null;
}

/** Whether there is a row of this request: it runs, or it is settled. */
export function hasRow(sql: SqlStorage, requestId: string): boolean {
  return [...sql.exec("SELECT 1 FROM requests WHERE request_id = ? AND kind = 'settle'", requestId)].length > 0;
}

/** False where there is a row of this request already. */
export function insertLease(sql: SqlStorage, { request, owner, team, admittedAt, expiresAt }: Lease): boolean {
  const { rowsWritten } = sql.exec(
    `INSERT INTO requests (request_id, kind, admitted_at, expires_at, lease) VALUES (?, 'settle', ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    ...[request.requestId, admittedAt, expiresAt, JSON.stringify({ ...request, owner, team })],
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
  const [found] = sql.exec<{ row: string | null; refusal: string | null }>(
    'SELECT row, refusal FROM requests WHERE request_id = ? AND kind = ? AND settled_at IS NOT NULL',
    ...[requestId, kind],
  );
  if (found === undefined) return null;
  const { row, refusal } = found;
  return { row: row === null ? null : JSON.parse(row), refusal: refusal === null ? null : JSON.parse(refusal) };
}

const ADD = `INSERT INTO requests (request_id, kind, admitted_at, settled_at, position, tokens, row, refusal, repeated)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET expires_at = NULL, lease = NULL, checkpoint = NULL, settled_at = excluded.settled_at,
  position = excluded.position, tokens = excluded.tokens, row = excluded.row, refusal = excluded.refusal,
  repeated = excluded.repeated`;

/** An entry as it is written. */
export interface NewEntry {
  row: LedgerRow;
  refusal: Admission | null;
  admittedAt: number | null;
  settledAt: number;
  /** Its place in the order in which D1 gets the rows; null for one that D1 is not to get, or not yet. */
  position: number | null;
}

/** Puts an entry in the place of its lease, where there is one. One that is counted elsewhere needs no row. */
export function insertEntry(sql: SqlStorage, entry: NewEntry, isCounted: boolean): void {
  const { row, refusal, admittedAt, settledAt, position } = entry;
  const no = refusal === null ? null : JSON.stringify(refusal);
  const text = isCounted ? null : JSON.stringify(row);
  sql.exec(
    ADD,
    ...[row.requestId, row.kind, admittedAt, settledAt, position, countedTokens(row), text, no, row.repeated ?? null],
  );
}

/** Writes down a settlement that says something else than the one that counts. */
export function insertConflict(sql: SqlStorage, settlement: Settlement, at: number): void {
  sql.exec(
    'INSERT INTO conflicts (request_id, at, row) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ...[settlement.requestId, at, JSON.stringify(settlement)],
  );
}

/** Gives an entry its row as D1 shall have it, and its place. */
export function updateRow(sql: SqlStorage, row: LedgerRow, position: number): void {
  sql.exec(
    'UPDATE requests SET row = ?, position = ? WHERE request_id = ? AND kind = ?',
    ...[JSON.stringify(row), position, row.requestId, row.kind],
  );
}

/** Moves an entry to another place in the order in which D1 gets them. */
export function updatePosition(sql: SqlStorage, { requestId, kind }: RowName, position: number): void {
  sql.exec('UPDATE requests SET position = ? WHERE request_id = ? AND kind = ?', ...[position, requestId, kind]);
}

/** Names of entries behind this one, in the order of their ids. */
export function selectNames(sql: SqlStorage, after: RowName, limit: number): RowName[] {
  const rows = sql.exec<{ request_id: string; kind: RowName['kind'] }>(
    `SELECT request_id, kind FROM requests WHERE (request_id, kind) > (?, ?) AND position IS NOT NULL
     ORDER BY request_id, kind LIMIT ?`,
    ...[after.requestId, after.kind, limit],
  );
  return [...rows].map(({ request_id: requestId, kind }) => ({ requestId, kind }));
}

/** Deletes entries settled before an instant that D1 has: those up to the position `through`, and those without a row. Answers how many. */
export function deleteEntries(sql: SqlStorage, settledBefore: number, through: number, limit: number): number {
  const { rowsWritten } = sql.exec(
    `DELETE FROM requests WHERE (request_id, kind) IN (
       SELECT request_id, kind FROM requests
       WHERE request_id < ? AND settled_at < ? AND (position <= ? OR row IS NULL) ORDER BY request_id LIMIT ?)`,
    ...[requestIdFloor(settledBefore), settledBefore, through, limit],
  );
  return rowsWritten;
}

/** How long `begin` took for the newest of so many requests, in ms; those of which nobody has told are left out. */
export function selectBeginTimes(sql: SqlStorage, count: number): number[] {
  const rows = sql.exec<{ ms: number | null }>(
    "SELECT row ->> '$.beginMs' AS ms FROM requests WHERE row IS NOT NULL ORDER BY request_id DESC LIMIT ?",
    count,
  );
  return [...rows].flatMap(({ ms }) => (ms === null ? [] : [ms]));
}

/** When the entry with the lowest id was settled; null where there is none, or where it still runs. */
export function selectOldestAt(sql: SqlStorage): number | null {
  const [oldest] = sql.exec<{ settled_at: number | null }>(
    'SELECT settled_at FROM requests ORDER BY request_id LIMIT 1',
  );
  return oldest?.settled_at ?? null;
}
