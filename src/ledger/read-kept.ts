import { requestIdFloor } from '../protocol/request-id.ts';
import type { LedgerRow } from './calls.ts';
import type { Confirmed } from './confirmed.ts';
import type { Lease } from './entry-rows.ts';
import type { RowName } from './outbox.ts';
import { minuteOf } from './windows.ts';

/** Where the refusals of a minute stand, by the object's clock. */
export interface RefusalMinute {
  /** Minutes since 1970. */
  minute: number;
  /** How many rows it has, the one that counts included. */
  rows: number;
  /** The row that counts, and how many more refusals it stands for; null while none is needed. */
  tally: { requestId: string; repeated: number } | null;
  /** The lowest request id that the tally stands for; null without one. */
  oldestId: string | null;
}

/** What of a row counts. */
export type Spending = Pick<LedgerRow, 'day' | 'owner' | 'team' | 'costNanoUsd'>;

/** The rows since sums and confirmations were last written down (balance.ts). */
export interface Behind {
  rows: number;
  /** When the first of them was booked, ms since 1970; null for none. */
  since: number | null;
}

/** What a ledger must know in memory, read after a start. Times are ms since 1970. */
export interface Kept {
  running: Lease[];
  /** Rows that D1 is not known to have, in the order of their positions. */
  waiting: { name: RowName; position: number }[];
  lastPosition: number;
  /** What may count for the last minute: when each request was let in, and what was settled. */
  starts: number[];
  settled: { at: number; tokens: number }[];
  refusals: RefusalMinute;
  /** What rows have cost that are not in the sums which are written down. */
  unsummed: Spending[];
  behind: Behind;
}

// A request may run this long and still count in the minute in which it ends, a restart in between included.
export const LOOK_BACK_MS = 600_000;

type KeptRow = {
  request_id: string;
  kind: RowName['kind'];
  admitted_at: number | null;
  expires_at: number | null;
  lease: string | null;
  checkpoint: string | null;
  settled_at: number | null;
  position: number | null;
  tokens: number | null;
  has_row: 0 | 1;
  repeated: number | null;
  /** JSON; null for a row that is in the sums. */
  spending: string | null;
};

/** The lease of a row that is not settled; its texts were written by the lease book, and by nothing else. */
function leaseOf(row: KeptRow): Lease | null {
  if (row.lease === null || row.expires_at === null || row.admitted_at === null) return null;
  const { owner = null, team = null, ...request } = JSON.parse(row.lease);
  return {
    request,
    owner,
    team,
    admittedAt: row.admitted_at,
    expiresAt: row.expires_at,
    checkpoint: row.checkpoint === null ? null : JSON.parse(row.checkpoint),
  };
}

/**
 * Adds a refusal to what its minute comes to; the newest minute counts. A row without a place in the order is the one
 * that counts for its minute, and one without a row is counted there. Where such a minute is over, it is still to be closed.
 */
function noteRefusal(kept: RefusalMinute, row: KeptRow): void {
  if (row.repeated === null || row.settled_at === null) return;
  const minute = minuteOf(row.settled_at);
  if (minute > kept.minute) Object.assign(kept, { minute, rows: 0, tally: null, oldestId: null });
  if (minute < kept.minute) return;
  kept.rows += row.has_row;
  if (row.position !== null) return;
  const more = row.repeated + 1 - row.has_row;
  const requestId = row.has_row === 1 ? row.request_id : (kept.tally?.requestId ?? '');
  kept.tally = { requestId, repeated: (kept.tally?.repeated ?? 0) + more };
  kept.oldestId ??= row.request_id;
}

/** What of a row counts; rows that the version before wrote have no team. */
function spendingOf({ day, owner, team, costNanoUsd }: LedgerRow): Spending {
  return { day, owner, team: team ?? null, costNanoUsd };
}

/** Reads from the floor on: some minutes of rows, and not the three days that are kept. */
export function readKept(sql: SqlStorage, confirmed: Confirmed, summed: number | null, now: number): Kept {
  const recent = requestIdFloor(now - LOOK_BACK_MS);
  const rows = sql.exec<KeptRow>(
    `SELECT request_id, kind, admitted_at, expires_at, lease, checkpoint, settled_at, position, tokens,
       row IS NOT NULL AS has_row, repeated,
       iif(position > ?1, row, NULL) AS spending
     FROM requests WHERE request_id >= ?2 ORDER BY request_id`,
    summed ?? Number.MAX_SAFE_INTEGER,
    recent < confirmed.floor ? recent : confirmed.floor,
  );
  const refusals: RefusalMinute = { minute: 0, rows: 0, tally: null, oldestId: null };
  const lastPosition = Math.max(confirmed.through, summed ?? 0);
  const behind: Behind = { rows: 0, since: null };
  const kept: Kept = {
    running: [],
    waiting: [],
    lastPosition,
    starts: [],
    settled: [],
    refusals,
    unsummed: [],
    behind,
  };
  const writtenThrough = Math.min(summed ?? confirmed.through, confirmed.through);
  for (const row of rows) {
    const lease = leaseOf(row);
    if (lease !== null) kept.running.push(lease);
    if (row.admitted_at !== null) kept.starts.push(row.admitted_at);
    noteRefusal(refusals, row);
    if (row.spending !== null) kept.unsummed.push(spendingOf(JSON.parse(row.spending)));
    if (row.position === null || row.settled_at === null) continue;
    kept.settled.push({ at: row.settled_at, tokens: row.tokens ?? 0 });
    kept.lastPosition = Math.max(kept.lastPosition, row.position);
    if (row.position > writtenThrough) {
      behind.rows += 1;
      behind.since = Math.min(behind.since ?? row.settled_at, row.settled_at);
    }
    if (row.position <= confirmed.through) continue;
    kept.waiting.push({ name: { requestId: row.request_id, kind: row.kind }, position: row.position });
  }
  kept.waiting.sort((one, other) => one.position - other.position);
  kept.starts.sort((one, other) => one - other);
  kept.settled.sort((one, other) => one.at - other.at);
  return kept;
}
