import type { ApiKey } from '../store/schema.ts';
import { admit, rateLimitsOf } from './admission.ts';
import { type Books, bookRow, positionAt } from './books.ts';
import type {
  Admission,
  Checkpoint,
  CheckpointAnswer,
  LeaseRequest,
  LedgerRow,
  SettleAnswer,
  Settlement,
} from './entry.ts';
import { stateRefusal } from './policy.ts';
import { adjustRow, expiredRow, isSameSettlement, settleRow } from './settlement-row.ts';
import { windowsAt } from './windows.ts';

/*
 * The rules of one key's ledger. Each call is synchronous, so it is one transaction: the platform
 * writes all of it or nothing, and lets no answer out before it is written. `now` is ms since 1970.
 */

// So many noes are remembered, so that the same id gets the same answer.
const REFUSALS_KEPT = 1_000;

function remember(refusals: Map<string, Admission>, requestId: string, refusal: Admission): void {
  refusals.set(requestId, refusal);
  const [oldest] = refusals.keys();
  if (refusals.size > REFUSALS_KEPT && oldest !== undefined) refusals.delete(oldest);
}

/** May this request run? A yes opens a lease; the same id again gets the first answer. */
export function begin(books: Books, given: ApiKey, request: LeaseRequest, now: number): Admission {
  const { entries, leases, policy, refusals, requests, terms } = books;
  const key = policy.newest(given);
  const { requestId } = request;
  const known = refusals.get(requestId);
  if (known !== undefined) return known;
  // Settled already: a begin that was overtaken opens nothing.
  const entry = entries.find({ requestId, kind: 'settle' });
  if (leases.get(requestId) !== undefined || entry !== null) {
    return entry?.refusal ?? { kind: 'admitted', rateLimits: rateLimitsOf(key, positionAt(books, now)) };
  }
  const admission = admit(key, request, positionAt(books, now));
  if (admission.kind === 'refused') {
    remember(refusals, requestId, admission);
    return admission;
  }
  leases.open({ request, admittedAt: now, expiresAt: now + terms.leaseTtlMs, checkpoint: null });
  requests.add(now, 1);
  return { ...admission, rateLimits: rateLimitsOf(key, positionAt(books, now)) };
}

/** Keeps the lease of a long request alive; says whether the key may still be used. */
export function checkpoint(books: Books, progress: Checkpoint, now: number): CheckpointAnswer {
  const lease = books.leases.get(progress.requestId);
  if (lease === undefined) return { kind: 'continue' };
  books.leases.extend(progress.requestId, progress, now + books.terms.leaseTtlMs);
  const key = books.policy.current();
  const reason = key === null ? null : stateRefusal(key, lease.request.keyHash, now);
  return reason === null ? { kind: 'continue' } : { kind: 'stop', reason };
}

/** A settlement for a request that has one: counted only where a lease that ran out had to be booked by guess. */
function settleAgain(books: Books, booked: LedgerRow, settlement: Settlement, now: number): SettleAnswer {
  const { requestId } = settlement;
  if (booked.source !== 'lease_expired') {
    if (isSameSettlement(booked, settlement)) return { kind: 'duplicate' };
    books.entries.keepConflict(requestId, settlement, now);
    return { kind: 'conflict' };
  }
  if (books.entries.find({ requestId, kind: 'adjust' }) !== null) return { kind: 'duplicate' };
  bookRow(books, adjustRow(booked, settlement, windowsAt(now, books.terms.budgetUtcOffset).day), undefined, now);
  return { kind: 'adjusted' };
}

/** Books what a request was worth. The first settlement counts; one of a request that never began counts too. */
export function settle(books: Books, given: ApiKey, settlement: Settlement, now: number): SettleAnswer {
  const key = books.policy.newest(given);
  const { requestId } = settlement;
  const entry = books.entries.find({ requestId, kind: 'settle' });
  if (entry !== null) return settleAgain(books, entry.row, settlement, now);
  const { day } = windowsAt(now, books.terms.budgetUtcOffset);
  bookRow(books, settleRow(key, settlement, day), books.leases.get(requestId), now);
  return { kind: 'settled' };
}

/** Books every lease that has run out. */
export function expire(books: Books, now: number): void {
  const key = books.policy.current();
  if (key === null) return;
  const { day } = windowsAt(now, books.terms.budgetUtcOffset);
  for (const lease of books.leases.due(now)) bookRow(books, expiredRow(key, lease, day), lease, now);
}
