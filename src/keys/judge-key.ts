import type { ApiKey } from '../store/schema.ts';

/** Why a known key may not be used. The client is told none of it; the log row is. */
export type KeyRefusal = 'revoked' | 'disabled' | 'owner_disabled' | 'expired' | 'rotated_out';

/** Whether an ISO time has come. A time nobody can read counts as past: better closed than open. */
function isPast(time: string | null, now: number): boolean {
  if (time === null) return false;
  const instant = Date.parse(time);
  return Number.isNaN(instant) || instant <= now;
}

/**
 * What a key's row says of a secret with this hash: null where the key may be used,
 * `unknown` where the row no longer holds the secret. `now` is ms since 1970.
 */
export function judgeKey(key: ApiKey, hash: string, now: number): KeyRefusal | 'unknown' | null {
  if (key.hash !== hash) {
    if (key.previousHash !== hash) return 'unknown';
    if (key.previousExpiresAt === null || isPast(key.previousExpiresAt, now)) return 'rotated_out';
  }
  if (key.status !== 'active') return key.status;
  if (key.ownerStatus !== 'active') return 'owner_disabled';
  return isPast(key.expiresAt, now) ? 'expired' : null;
}
