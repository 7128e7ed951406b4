import { requestIdFloor } from '../protocol/request-id.ts';
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
import type { RowName } from './outbox.ts';
import { stateRefusal } from './policy.ts';
import { adjustRow, assertWhole, expiredRow, isSameSettlement, settleRow } from './settlement-row.ts';

/*
 * The rules of one key's ledger. Each call is synchronous, so it is one transaction: the platform
 * writes all of it or nothing, and lets no answer out before it is written. `now` is ms since 1970.
 */

/** Rows that D1 has are kept this long. */
export const KEEP_MS = 72 * 3_600_000;

// So many noes are remembered, so that the same id gets the same answer.
const REFUSALS_KEPT = 1_000;

function remember(refusals: Map<string, Admission>, requestId: string, refusal: Admission): void {
  refusals.set(requestId, refusal);
  const [oldest] = refusals.keys();
  if (refusals.size > REFUSALS_KEPT && oldest !== undefined) refusals.delete(oldest);
}

function admitted(books: Books, key: ApiKey, now: number): Admission {
  return { kind: 'admitted', rateLimits: rateLimitsOf(key, positionAt(books, now)) };
}

/** A hold is never negative, whatever the request asked for. */
function withWholeHold(request: LeaseRequest): LeaseRequest {
  const whole = (amount: number) => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.ceil(amount) || 0));
  const { holdNanoUsd, inputEstimate, inputCostNanoUsd } = request;
  return {
    ...request,
    holdNanoUsd: whole(holdNanoUsd),
    inputEstimate: whole(inputEstimate),
    inputCostNanoUsd: whole(inputCostNanoUsd),
  };
}

/** May this request run? A yes opens a lease; the same id again gets the first answer. */
export function begin(books: Books, given: ApiKey, asked: LeaseRequest, now: number): Admission {
  const { entries, leases, policy, refusals, requests, terms } = books;
  const key = policy.newest(given);
  const request = withWholeHold(asked);
  const { requestId } = request;
  expire(books, now);
  const known = refusals.get(requestId);
  if (known !== undefined) return known;
  if (leases.get(requestId) !== undefined) return admitted(books, key, now);
  const admission = admit(key, request, positionAt(books, now));
  if (admission.kind === 'refused') {
    const entry = entries.find({ requestId, kind: 'settle' });
    if (entry !== null) return entry.refusal ?? admitted(books, key, now);
    remember(refusals, requestId, admission);
    return admission;
  }
  const isNew = leases.open({ request, admittedAt: now, expiresAt: now + terms.leaseTtlMs, checkpoint: null });
  // Settled already: a begin that was overtaken opens nothing.
  if (!isNew) return entries.find({ requestId, kind: 'settle' })?.refusal ?? admitted(books, key, now);
  requests.add(now, 1);
  return admitted(books, key, now);
}

/** Keeps the lease of a long request alive; says whether the key may still be used. */
export function checkpoint(books: Books, progress: Checkpoint, now: number): CheckpointAnswer {
  const lease = books.leases.get(progress.requestId);
  // A request whose begin never came has no lease, and yet it ends with its key.
  if (lease !== undefined) books.leases.extend(progress.requestId, progress, now + books.terms.leaseTtlMs);
  const key = books.policy.current();
  const reason = key === null ? null : stateRefusal(key, lease?.request.keyHash ?? null, now);
  return reason === null ? { kind: 'continue' } : { kind: 'stop', reason };
}

/** A settlement for a request that has one: counted only where a lease that ran out had to be booked by guess. */
function settleAgain(books: Books, booked: LedgerRow, settlement: Settlement, now: number): SettleAnswer {
  const { requestId } = settlement;
  const adjusted = books.entries.find({ requestId, kind: 'adjust' })?.row ?? null;
  if (booked.source === 'lease_expired' && adjusted === null) {
    const { day } = books.calendar(now);
    bookRow(books, adjustRow(booked, settlement, day), undefined, now);
    return { kind: 'adjusted' };
  }
  if (isSameSettlement(booked, adjusted, settlement)) return { kind: 'duplicate' };
  books.entries.keepConflict(requestId, settlement, now);
  return { kind: 'conflict' };
}

/** Books what a request was worth. The first settlement counts; one of a request that never began counts too. */
export function settle(books: Books, given: ApiKey, settlement: Settlement, now: number): SettleAnswer {
  assertWhole(settlement);
  const key = books.policy.newest(given);
  const { requestId } = settlement;
  const lease = books.leases.get(requestId);
  const entry = lease === undefined ? books.entries.find({ requestId, kind: 'settle' }) : null;
  if (entry !== null) return settleAgain(books, entry.row, settlement, now);
  // It may have been settled and forgotten since: to count it could be to count it twice.
  if (lease === undefined && requestId < requestIdFloor(now - KEEP_MS)) return { kind: 'too_late' };
  bookRow(books, settleRow(key, settlement, books.calendar(now).day), lease, now);
  return { kind: 'settled' };
}

/** Books every lease that has run out. */
export function expire(books: Books, now: number): void {
  const key = books.policy.current();
  if (key === null) return;
  for (const lease of books.leases.due(now)) {
    bookRow(books, expiredRow(key, lease, books.calendar(now).day), lease, now);
  }
}

/** D1 has these rows. */
export function acknowledge(books: Books, names: readonly RowName[], now: number): void {
  books.entries.acknowledge(names, books.leases.oldestId(), now);
}
