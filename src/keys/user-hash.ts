import type { ApiKey } from '../store/schema.ts';
import { hashSecret } from './secret.ts';

/** What of the configuration says who is one caller to a provider. */
export interface CacheSharing {
  /** Whose requests share what a provider keeps of their prompts. */
  cacheScope: 'key' | 'user' | 'team';
  /** Names can be guessed, so they are hashed with something that cannot. */
  internalSecret: string | null;
}

const known = new WeakMap<ApiKey, Map<string, Promise<string>>>();

/** A user without a team shares with nobody else. */
function callerOf({ id, owner }: ApiKey, { cacheScope, internalSecret }: CacheSharing): string {
  return cacheScope === 'key' ? id : `${internalSecret ?? ''}:user:${owner}`;
}

function hashOnce(key: ApiKey, caller: string): Promise<string> {
  const hashes = known.get(key) ?? new Map<string, Promise<string>>();
  known.set(key, hashes);
  const hash = hashes.get(caller) ?? hashSecret(caller);
  hashes.set(caller, hash);
  return hash;
}

/**
 * What providers tell callers apart by: a hash that says nothing else of them, made once for each record of a key.
 * Whoever tells its own users apart (`user_id`) has that hashed in: no client can take another's place, or be seen by name.
 */
export function userHash(key: ApiKey, sharing: CacheSharing, own: unknown): Promise<string> {
  const caller = callerOf(key, sharing);
  return typeof own === 'string' || typeof own === 'number' ? hashSecret(`${caller}:${own}`) : hashOnce(key, caller);
}
