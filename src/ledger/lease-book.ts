import type { Checkpoint } from './calls.ts';
import type { Confirmed } from './confirmed.ts';
import { insertLease, type Lease, updateLease } from './entry-rows.ts';
import type { Payer } from './spend-book.ts';

/** The running requests of one key: rows in SQLite, sums in memory. */
export interface LeaseBook {
  get(requestId: string): Lease | undefined;
  /** False where there is a row of this request already: it has been settled. */
  open(lease: Lease): boolean;
  extend(requestId: string, checkpoint: Checkpoint, expiresAt: number): void;
  /** Its row has been overwritten by the settlement. */
  close(requestId: string): void;
  due(now: number): Lease[];
  /** When the first lease ends, or Infinity. */
  nextExpiry(): number;
  /** The lowest request id, or null. */
  oldestId(): string | null;
  readonly count: number;
  /** Nano-USD set aside, and input tokens thought to be on their way. */
  readonly held: number;
  readonly tokens: number;
  /** What of it a user or a team pays. */
  heldBy(payer: Payer): number;
}

/** Opens the book after a start, with the requests that ran before it. */
export function openLeaseBook(sql: SqlStorage, confirmed: Confirmed, running: readonly Lease[]): LeaseBook {
  const leases = new Map<string, Lease>();
  const sums = { held: 0, tokens: 0 };
  // No lease ends before this; checkpoints may have moved the true end further away.
  let soonest = Number.POSITIVE_INFINITY;

  function keep(lease: Lease): void {
    leases.set(lease.request.requestId, lease);
    sums.held += lease.request.holdNanoUsd;
    sums.tokens += lease.request.inputEstimate;
    soonest = Math.min(soonest, lease.expiresAt);
  }

  const nextExpiry = () =>
    [...leases.values()].reduce((first, lease) => Math.min(first, lease.expiresAt), Number.POSITIVE_INFINITY);

  for (const lease of running) keep(lease);

  return {
    get: (requestId) => leases.get(requestId),
    open(lease) {
      if (!insertLease(sql, lease)) return false;
      confirmed.reach(lease.request.requestId);
      keep(lease);
      return true;
    },
    extend(requestId, checkpoint, expiresAt) {
      const lease = leases.get(requestId);
      if (lease === undefined) return;
      const extended = { ...lease, checkpoint, expiresAt };
      updateLease(sql, extended);
      leases.set(requestId, extended);
    },
    close(requestId) {
      const lease = leases.get(requestId);
      if (lease === undefined) return;
      leases.delete(requestId);
      sums.held -= lease.request.holdNanoUsd;
      sums.tokens -= lease.request.inputEstimate;
    },
    due(now) {
      if (now < soonest) return [];
      soonest = nextExpiry();
      return [...leases.values()].filter((lease) => lease.expiresAt <= now);
    },
    nextExpiry,
    oldestId: () =>
      [...leases.keys()].reduce<string | null>((oldest, id) => (oldest === null || id < oldest ? id : oldest), null),
    heldBy({ kind, name }) {
      let held = 0;
      for (const { request, owner, team } of leases.values()) {
        if ((kind === 'user' ? owner : team) === name) held += request.holdNanoUsd;
      }
      return held;
    },
    get count() {
      return leases.size;
    },
    get held() {
      return sums.held;
    },
    get tokens() {
      return sums.tokens;
    },
  };
}
