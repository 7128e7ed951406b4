import { requestIdFloor } from '../protocol/request-id.ts';
import type { ApiKey } from '../store/schema.ts';
import { admit, rateLimitsOf, standingOf } from './admission.ts';
import type {
  Admission,
  Checkpoint,
  CheckpointAnswer,
  LeaseRequest,
  LedgerRow,
  SettleAnswer,
  Settlement,
} from './calls.ts';
import { bookRow, type LedgerBooks, positionAt } from './ledger-books.ts';
import type { RowName } from './outbox.ts';
import { hasLimits, stateRefusal } from './policy.ts';
import { adjustRow, assertWhole, expiredRow, isSameSettlement, settleRow } from './settlement-row.ts';
import type { KnownLevel } from './shared/calls.ts';
import { levelRefusal, levelStanding, shortLevels } from './shared/level-rules.ts';

/*
 * The rules of one key's ledger. Each call is synchronous, so it is one transaction: the platform
 * writes all of it or nothing, and lets no answer out before it is written. `now` is ms since 1970.
 */

/** Rows that D1 has are kept this long. */
export const KEEP_MS = 72 * 3_600_000;

// So many noes are remembered, so that the same id gets the same answer.
const NOES_KEPT = 1_000;

function remember(noes: Map<string, Admission>, requestId: string, no: Admission): void {
  noes.set(requestId, no);
  const [oldest] = noes.keys();
  if (noes.size > NOES_KEPT && oldest !== undefined) noes.delete(oldest);
}

function admitted(books: LedgerBooks, key: ApiKey, now: number): Admission {
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

/** Some level has no room for the request until it has been asked: nothing was opened. */
export interface Short {
  kind: 'short';
  levels: KnownLevel[];
}

/** What was said of a request that has been settled already; null where it has not. */
function saidOf(books: LedgerBooks, key: ApiKey, requestId: string, now: number): Admission | null {
  const entry = books.entries.find({ requestId, kind: 'settle' });
  return entry === null ? null : (entry.refusal ?? admitted(books, key, now));
}

/** The key's own limits first; then those of its user and team, which may have to be asked. */
function admitAll(books: LedgerBooks, key: ApiKey, request: LeaseRequest, now: number): Admission | Short {
  const position = positionAt(books, now);
  const own = admit(key, request, position);
  if (own.kind === 'refused') return own;
  const levels = shortLevels(books, key, request.holdNanoUsd);
  if (levels.length === 0) return own;
  return levelRefusal(books, levels, request, rateLimitsOf(key, position), now) ?? { kind: 'short', levels };
}

/**
 * Where a lease is kept at first. The yes to a key with limits is one that others were not given, and lasts; that to a key
 * without says nothing that a ledger which forgets it would not say again, and need not wait for the disk.
 */
function leasePlace({ levels }: LedgerBooks, key: ApiKey): 'storage' | 'memory' {
  return hasLimits(key) || levels.open().length > 0 ? 'storage' : 'memory';
}

/** May this request run? A yes opens a lease; the same id again gets the first answer. */
export function begin(books: LedgerBooks, given: ApiKey, asked: LeaseRequest, now: number): Admission | Short {
  const { leases, noes, policy, requests, terms } = books;
  const key = policy.newest(given, now);
  const request = withWholeHold(asked);
  const { requestId } = request;
  expire(books, now);
  const known = noes.get(requestId);
  if (known !== undefined) return known;
  if (leases.get(requestId) !== undefined) return admitted(books, key, now);
  const admission = admitAll(books, key, request, now);
  if (admission.kind !== 'admitted') {
    const said = saidOf(books, key, requestId, now);
    if (said !== null) return said;
    if (admission.kind === 'refused') remember(noes, requestId, admission);
    return admission;
  }
  const expiresAt = now + terms.leaseTtlMs;
  const team = key.team?.name ?? null;
  const lease = { request, owner: key.owner, team, admittedAt: now, expiresAt, checkpoint: null };
  const isNew = leases.open(lease, leasePlace(books, key));
  // Settled already: a begin that was overtaken opens nothing.
  if (!isNew) return saidOf(books, key, requestId, now) ?? admitted(books, key, now);
  requests.add(now, 1);
  return admitted(books, key, now);
}

/** Keeps the lease of a long request alive; says whether the key may still be used. */
export function checkpoint(books: LedgerBooks, progress: Checkpoint, now: number): CheckpointAnswer {
  const lease = books.leases.get(progress.requestId);
  // A request whose begin never came has no lease, and yet it ends with its key.
  if (lease !== undefined) books.leases.extend(progress.requestId, progress, now + books.terms.leaseTtlMs);
  const key = books.policy.current();
  const reason = key === null ? null : stateRefusal(key, lease?.request.keyHash ?? null, now);
  return reason === null ? { kind: 'continue' } : { kind: 'stop', reason };
}

/** A settlement for a request that has one: counted only where a lease that ran out had to be booked by guess. */
function settleAgain(books: LedgerBooks, booked: LedgerRow, settlement: Settlement, now: number): SettleAnswer {
  const { requestId } = settlement;
  const adjusted = books.entries.find({ requestId, kind: 'adjust' })?.row ?? null;
  if (booked.source === 'lease_expired' && adjusted === null) {
    const { day } = books.calendar(now);
    bookRow(books, adjustRow(booked, settlement, day), undefined, now);
    return { kind: 'adjusted' };
  }
  if (isSameSettlement(booked, adjusted, settlement)) return { kind: 'duplicate' };
  books.entries.keepConflict(settlement, now);
  return { kind: 'conflict' };
}

/** A refusal of a request that never began: many of them share a row. Answers too what the key's next request would be told. */
function refuse(books: LedgerBooks, key: ApiKey, row: LedgerRow, now: number): SettleAnswer {
  const kind = books.refusals.add(row, books.noes.get(row.requestId) ?? null, now);
  const position = positionAt(books, now);
  return { kind, standing: standingOf(key, position) ?? levelStanding(books, key, rateLimitsOf(key, position), now) };
}

/** Books what a request was worth. The first settlement counts; one of a request that never began counts too. */
export function settle(books: LedgerBooks, given: ApiKey, settlement: Settlement, now: number): SettleAnswer {
  assertWhole(settlement);
  const key = books.policy.newest(given, now);
  const { requestId } = settlement;
  const lease = books.leases.get(requestId);
  const entry = lease === undefined ? books.entries.find({ requestId, kind: 'settle' }) : null;
  if (entry?.row === null) return { kind: 'duplicate' };
  if (entry) return settleAgain(books, entry.row, settlement, now);
  // It may have been settled and forgotten since: to count it could be to count it twice.
  if (lease === undefined && requestId < requestIdFloor(now - KEEP_MS)) return { kind: 'too_late' };
  const row = settleRow(key, settlement, books.calendar(now).day, lease);
  // Those that the version before brings say nothing of it: they have rows of their own.
  if (lease === undefined && typeof settlement.repeated === 'number') return refuse(books, key, row, now);
  bookRow(books, row, lease, now);
  return { kind: 'settled' };
}

/** Books every lease that has run out, and lets go what a minute's refusals came to. */
export function expire(books: LedgerBooks, now: number): void {
  books.refusals.close(now);
  const key = books.policy.current();
  if (key === null) return;
  for (const lease of books.leases.due(now)) {
    bookRow(books, expiredRow(key, lease, books.calendar(now).day), lease, now);
  }
}

/** D1 has these rows. */
export function acknowledge(books: LedgerBooks, names: readonly RowName[], now: number): void {
  if (books.entries.acknowledge(names) > 0) books.balance.noteConfirmed(now);
}

/** Rows to give to the queue now. */
export function takeRows(books: LedgerBooks, now: number, limit: number, isAsked: boolean): LedgerRow[] {
  const { balance, entries } = books;
  const { lastPosition } = entries;
  const rows = entries.take(now, limit, isAsked);
  // One that was moved back stands behind the sums' mark, and is in them.
  if (entries.lastPosition !== lastPosition) balance.write(now);
  return rows;
}
