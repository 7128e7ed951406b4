import type { Checkpoint, LeaseRequest } from './entry.ts';

/** A request that runs: it holds money and a place from begin to settle. Times are ms since 1970, the object's clock. */
export interface Lease {
  request: LeaseRequest;
  admittedAt: number;
  expiresAt: number;
  checkpoint: Checkpoint | null;
}

/** The running requests of one key: rows in SQLite, sums in memory. */
export interface LeaseBook {
  get(requestId: string): Lease | undefined;
  open(lease: Lease): void;
  extend(requestId: string, checkpoint: Checkpoint, expiresAt: number): void;
  close(requestId: string): void;
  /** When each running request was let in. */
  admissions(): number[];
  due(now: number): Lease[];
  /** When the first lease ends, or Infinity. */
  nextExpiry(): number;
  readonly count: number;
  /** Nano-USD set aside, and input tokens thought to be on their way. */
  readonly held: number;
  readonly tokens: number;
}

function readLeases(sql: SqlStorage): Lease[] {
  const rows = sql.exec<{ admitted_at: number; expires_at: number; lease: string; checkpoint: string | null }>(
    'SELECT admitted_at, expires_at, lease, checkpoint FROM leases',
  );
  return [...rows].map((row) => ({
    request: JSON.parse(row.lease), // written by `open` below, and by nothing else
    admittedAt: row.admitted_at,
    expiresAt: row.expires_at,
    checkpoint: row.checkpoint === null ? null : JSON.parse(row.checkpoint),
  }));
}

export function openLeaseBook(sql: SqlStorage): LeaseBook {
  const leases = new Map(readLeases(sql).map((lease) => [lease.request.requestId, lease]));
  let held = 0;
  let tokens = 0;

  function count(request: LeaseRequest, sign: 1 | -1): void {
    held += sign * request.holdNanoUsd;
    tokens += sign * request.inputEstimate;
  }

  for (const { request } of leases.values()) count(request, 1);

  return {
    get: (requestId) => leases.get(requestId),
    open(lease) {
      const { request, admittedAt, expiresAt } = lease;
      sql.exec(
        'INSERT INTO leases (request_id, admitted_at, expires_at, lease) VALUES (?, ?, ?, ?)',
        request.requestId,
        admittedAt,
        expiresAt,
        JSON.stringify(request),
      );
      leases.set(request.requestId, lease);
      count(request, 1);
    },
    extend(requestId, checkpoint, expiresAt) {
      const lease = leases.get(requestId);
      if (lease === undefined) return;
      sql.exec(
        'UPDATE leases SET checkpoint = ?, expires_at = ? WHERE request_id = ?',
        JSON.stringify(checkpoint),
        expiresAt,
        requestId,
      );
      leases.set(requestId, { ...lease, checkpoint, expiresAt });
    },
    close(requestId) {
      const lease = leases.get(requestId);
      if (lease === undefined) return;
      sql.exec('DELETE FROM leases WHERE request_id = ?', requestId);
      leases.delete(requestId);
      count(lease.request, -1);
    },
    admissions: () => [...leases.values()].map((lease) => lease.admittedAt),
    due: (now) => [...leases.values()].filter((lease) => lease.expiresAt <= now),
    nextExpiry: () => Math.min(...[...leases.values()].map((lease) => lease.expiresAt)),
    get count() {
      return leases.size;
    },
    get held() {
      return held;
    },
    get tokens() {
      return tokens;
    },
  };
}
