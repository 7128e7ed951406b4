import type { Checkpoint } from './calls.ts';
import type { Confirmed } from './confirmed.ts';
import { hasRow, insertLease, type Lease, updateLease } from './entry-rows.ts';
import type { Payer } from './spend-book.ts';

/** The running requests of one key: rows in SQLite, sums in memory, and some for a moment in memory alone. */
export interface LeaseBook {
  get(requestId: string): Lease | undefined;
  /**
   * False where there is a row of this request already: it has been settled. A lease in memory is written down by `write`,
   * unless it is closed before.
   */
  open(lease: Lease, place: 'storage' | 'memory'): boolean;
  /** Writes down what is in memory alone. */
  write(): void;
  readonly hasUnwritten: boolean;
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

function heldBy(leases: Iterable<Lease>, { kind, name }: Payer): number {
  let held = 0;
  for (const { request, owner, team } of leases) {
    if ((kind === 'user' ? owner : team) === name) held += request.holdNanoUsd;
  }
  return held;
}

/** Opens the book after a start, with the requests that ran before it. */
export function openLeaseBook(sql: SqlStorage, confirmed: Confirmed, running: readonly Lease[]): LeaseBook {
  const leases = new Map<string, Lease>();
  const unwritten = new Set<Lease>();
  const sums = { held: 0, tokens: 0 };
  // No lease ends before this; checkpoints may have moved the true end further away.
  let soonest = Number.POSITIVE_INFINITY;

  function insert(lease: Lease): boolean {
    if (!insertLease(sql, lease)) return false;
    confirmed.reach(lease.request.requestId);
    return true;
  }

  function write(): void {
    for (const lease of unwritten) insert(lease);
    unwritten.clear();
  }

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
    open(lease, place) {
      const isNew = place === 'storage' ? insert(lease) : !hasRow(sql, lease.request.requestId);
      if (!isNew) return false;
      if (place === 'memory') unwritten.add(lease);
      keep(lease);
      return true;
    },
    write,
    get hasUnwritten() {
      return unwritten.size > 0;
    },
    extend(requestId, checkpoint, expiresAt) {
      const lease = leases.get(requestId);
      if (lease === undefined) return;
      write();
      const extended = { ...lease, checkpoint, expiresAt };
      updateLease(sql, extended);
      leases.set(requestId, extended);
    },
    close(requestId) {
      const lease = leases.get(requestId);
      if (lease === undefined) return;
      leases.delete(requestId);
      unwritten.delete(lease);
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
    heldBy: (payer) => heldBy(leases.values(), payer),
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
