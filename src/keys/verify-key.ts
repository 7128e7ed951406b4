import type { Database } from '../store/database.ts';
import { findKeyByHash } from '../store/keys.ts';
import { judgeKey, type KeyRefusal } from './judge-key.ts';
import { hashSecret, isWellFormed } from './secret.ts';

/** What a secret is worth, for those who run the router. */
export interface Verification {
  valid: boolean;
  id: string | null;
  owner: string | null;
  purpose: string | null;
  /** Why it is not valid; null where it is. */
  reason: KeyRefusal | 'malformed' | 'unknown' | null;
}

/** Looks a secret up in D1, past every cache. `now` is ms since 1970. */
export async function verifyKey(database: Database, secret: string, now: number): Promise<Verification> {
  const nobody = { valid: false, id: null, owner: null, purpose: null };
  if (!isWellFormed(secret)) return { ...nobody, reason: 'malformed' };
  const hash = await hashSecret(secret);
  const key = await findKeyByHash(database, hash);
  if (key === null) return { ...nobody, reason: 'unknown' };
  const reason = judgeKey(key, hash, now);
  return { valid: reason === null, id: key.id, owner: key.owner, purpose: key.purpose, reason };
}
