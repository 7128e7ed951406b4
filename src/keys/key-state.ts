import type { ApiKey } from '../store/schema.ts';

/** What a key's row comes to, whatever secret is presented. */
export type KeyState = 'active' | 'revoked' | 'disabled' | 'owner_disabled' | 'expired';

/** Whether an ISO time has come; never where there is none. What nobody can read counts as past: better closed than open. */
export function isPast(time: string | null, now: number): boolean {
  if (time === null) return false;
  const instant = Date.parse(time);
  return Number.isNaN(instant) || instant <= now;
}

/** What a key's row comes to now. `now` is ms since 1970. */
export function keyState(key: Pick<ApiKey, 'status' | 'ownerStatus' | 'expiresAt'>, now: number): KeyState {
  if (key.status !== 'active') return key.status;
  if (key.ownerStatus !== 'active') return 'owner_disabled';
  return isPast(key.expiresAt, now) ? 'expired' : 'active';
}
