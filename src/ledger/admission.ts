import type { ApiKey } from '../store/schema.ts';
import type { Admission, LeaseRequest, RateLimits, Refusal, RefusalReason, Standing } from './calls.ts';
import type { SlidingMinute } from './minute.ts';
import { type Budget, budgetsOf, requestRefusal, stateRefusal } from './policy.ts';
import type { Window, Windows } from './windows.ts';

/** What the ledger knows when it is asked. Money is nano-USD. */
export interface Position {
  now: number;
  windows: Windows;
  spent(window: Window): number;
  held: number;
  running: number;
  runningTokens: number;
  requests: SlidingMinute;
  tokens: SlidingMinute;
}

// A key that was disabled may be enabled again, and then works at once.
const STATE_LASTS_MS = 1_000;

function wholeSeconds(milliseconds: number): number {
  return Math.min(60, Math.max(1, Math.ceil(milliseconds / 1000)));
}

/** The state of the minute limits, for `x-ratelimit-*`; resets are when the limit is whole again. */
export function rateLimitsOf(key: ApiKey, position: Position): RateLimits {
  const { now, requests, tokens, runningTokens } = position;
  const state = (limit: number | null, used: number, emptyIn: number) =>
    limit === null ? null : { limit, remaining: Math.max(0, limit - used), resetSeconds: Math.ceil(emptyIn / 1000) };
  return {
    requests: state(key.rpm, requests.sum(now), requests.emptyIn(now)),
    tokens: state(key.tpm, tokens.sum(now) + runningTokens, runningTokens > 0 ? 60_000 : tokens.emptyIn(now)),
  };
}

/** A no, but for what every answer tells. */
type No = Omit<Refusal, 'rateLimits'>;

function no(reason: RefusalReason, waitMs: number | null = null): No {
  const retryAfter = waitMs === null ? null : wholeSeconds(waitMs);
  return { reason, retryAfter, window: null, resetAt: null, shortage: null };
}

function budgetNo({ window, limit }: Budget, asked: number, { spent, held, windows }: Position): No {
  const resetAt = window === 'total' ? null : new Date(windows.resetAt[window]).toISOString();
  return { ...no('budget'), window, resetAt, shortage: { limit, free: limit - spent(window) - held, asked } };
}

function tokensNo(limit: number, asked: number, waitMs: number, { now, tokens, runningTokens }: Position): No {
  return { ...no('tpm', waitMs), shortage: { limit, free: limit - runningTokens - tokens.sum(now), asked } };
}

/** Whether what was settled leaves nothing of a budget, whatever is asked and whatever still runs. */
function isUsedUp({ window, limit }: Budget, { spent }: Position): boolean {
  return spent(window) >= limit;
}

/** A budget's no to this request. Of several the one that begins anew last: waiting for another does not help. */
function budgetRefusal(key: ApiKey, { holdNanoUsd: asked }: LeaseRequest, position: Position): No | null {
  const { spent, held } = position;
  const isShort = (budget: Budget) => isUsedUp(budget, position) || spent(budget.window) + held + asked > budget.limit;
  const over = budgetsOf(key).findLast(isShort);
  return over === undefined ? null : budgetNo(over, asked, position);
}

function rateRefusal(key: ApiKey, lease: LeaseRequest, position: Position): No | null {
  const { now, requests, tokens, running, runningTokens } = position;
  if (key.maxConcurrent !== null && running >= key.maxConcurrent) return no('concurrency', 1_000);
  if (key.rpm !== null && requests.sum(now) >= key.rpm) return no('rpm', requests.waitFor(now, key.rpm - 1));
  if (key.tpm === null) return null;
  const asked = lease.inputEstimate;
  const room = key.tpm - runningTokens - asked;
  if (tokens.sum(now) <= room) return null;
  // Where running requests alone fill the limit nobody knows when they end: a minute is the longest we say.
  return tokensNo(key.tpm, asked, room < 0 ? 60_000 : tokens.waitFor(now, room), position);
}

type Lasting = No & Pick<Standing, 'lastsMs'>;

function lastingNo(key: ApiKey, position: Position): Lasting | null {
  const { now, requests, tokens, windows } = position;
  const state = stateRefusal(key, null, now);
  if (state !== null) return { ...no(state), lastsMs: STATE_LASTS_MS };
  const over = budgetsOf(key).findLast((budget) => isUsedUp(budget, position));
  if (over !== undefined) {
    const lastsMs = over.window === 'total' ? Number.MAX_SAFE_INTEGER : windows.resetAt[over.window] - now;
    return { ...budgetNo(over, 0, position), lastsMs };
  }
  if (key.rpm !== null && requests.sum(now) >= key.rpm) {
    const lastsMs = requests.waitFor(now, key.rpm - 1);
    return { ...no('rpm', lastsMs), lastsMs };
  }
  // What runs may end at any moment: only what was settled stands for its minute.
  if (key.tpm === null || tokens.sum(now) < key.tpm) return null;
  const lastsMs = tokens.waitFor(now, key.tpm - 1);
  return { ...tokensNo(key.tpm, 0, lastsMs, position), lastsMs };
}

/** What every request of the key is told now, whatever it asks for; null where a small one may be let in. */
export function standingOf(key: ApiKey, position: Position): Standing | null {
  const lasting = lastingNo(key, position);
  return lasting === null ? null : { ...lasting, rateLimits: rateLimitsOf(key, position) };
}

/** Says yes or no to a request. Pure: what it goes by is all in the position. */
export function admit(key: ApiKey, lease: LeaseRequest, position: Position): Admission {
  const plain = requestRefusal(key, lease, position.now);
  const refusal =
    plain !== null ? no(plain) : (budgetRefusal(key, lease, position) ?? rateRefusal(key, lease, position));
  const rateLimits = rateLimitsOf(key, position);
  if (refusal === null) return { kind: 'admitted', rateLimits };
  return { kind: 'refused', ...refusal, rateLimits, standing: standingOf(key, position) };
}
