import type { ApiKey } from '../store/schema.ts';
import type { Admission, LeaseRequest, RateLimits, RefusalReason } from './entry.ts';
import type { SlidingMinute } from './minute.ts';
import { budgetsOf, requestRefusal } from './policy.ts';
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

type Refusal = Omit<Extract<Admission, { kind: 'refused' }>, 'kind' | 'rateLimits'>;

function refused(reason: RefusalReason, waitMs: number | null = null): Refusal {
  const retryAfter = waitMs === null ? null : wholeSeconds(waitMs);
  return { reason, retryAfter, window: null, resetAt: null, shortage: null };
}

function budgetRefusal(key: ApiKey, lease: LeaseRequest, { spent, held, windows }: Position): Refusal | null {
  const asked = lease.holdNanoUsd;
  // Of several the one that begins anew last: before that nothing is won.
  const over = budgetsOf(key).findLast(({ window, limit }) => spent(window) + held + asked > limit);
  if (over === undefined) return null;
  const { limit, window } = over;
  const resetAt = window === 'total' ? null : new Date(windows.resetAt[window]).toISOString();
  return { ...refused('budget'), window, resetAt, shortage: { limit, free: limit - spent(window) - held, asked } };
}

function rateRefusal(key: ApiKey, lease: LeaseRequest, position: Position): Refusal | null {
  const { now, requests, tokens, running, runningTokens } = position;
  if (key.maxConcurrent !== null && running >= key.maxConcurrent) return refused('concurrency', 1_000);
  if (key.rpm !== null && requests.sum(now) >= key.rpm) return refused('rpm', requests.waitFor(now, key.rpm - 1));
  if (key.tpm === null) return null;
  const asked = lease.inputEstimate;
  const room = key.tpm - runningTokens - asked;
  if (tokens.sum(now) <= room) return null;
  // Where running requests alone fill the limit nobody knows when they end: a minute is the longest we say.
  const no = refused('tpm', room < 0 ? 60_000 : tokens.waitFor(now, room));
  return { ...no, shortage: { limit: key.tpm, free: key.tpm - runningTokens - tokens.sum(now), asked } };
}

/** Says yes or no to a request. Pure: what it goes by is all in the position. */
export function admit(key: ApiKey, lease: LeaseRequest, position: Position): Admission {
  const plain = requestRefusal(key, lease, position.now);
  const no =
    plain !== null ? refused(plain) : (budgetRefusal(key, lease, position) ?? rateRefusal(key, lease, position));
  const rateLimits = rateLimitsOf(key, position);
  return no === null ? { kind: 'admitted', rateLimits } : { kind: 'refused', ...no, rateLimits };
}
