import type { ApiKey } from '../store/schema.ts';
import { isPast, type KeyState, keyState } from './key-state.ts';

/** Why a known key may not be used. The client is told none of it; the log row is. */
export type KeyRefusal = Exclude<KeyState, 'active'> | 'rotated_out';

/** What a key's row says of a secret: null where it may be used, `unknown` where the row no longer holds it. */
export type KeyVerdict = KeyRefusal | 'unknown' | null;

/**
 * May the secret with this hash be used now? The one rule, for the Worker and the ledger alike; a null hash stands
 * for whichever secret the key has. `now` is ms since 1970.
 */
export function judgeKey(key: ApiKey, hash: string | null, now: number): KeyVerdict {
  if (hash !== null && key.hash !== hash) {
    if (key.previousHash !== hash) return 'unknown';
    if (key.previousExpiresAt === null || isPast(key.previousExpiresAt, now)) return 'rotated_out';
  }
  const state = keyState(key, now);
  return state === 'active' ? null : state;
}
