import type { ApiKey } from '../store/schema.ts';
import { hashSecret } from './secret.ts';

/** Whose requests share what a provider keeps of their prompts. */
type CacheScope = 'key' | 'user' | 'team';

/** By ids, which are random: names can be guessed. A user without a team shares with nobody else. */
function callerOf({ id, team, user }: ApiKey, scope: CacheScope): string {
  const ofUser = user?.id ?? id;
  switch (scope) {
    case 'key':
      return id;
    case 'user':
      return ofUser;
    case 'team':
      return team?.id ?? ofUser;
  }
}

const known = new WeakMap<ApiKey, Map<string, Promise<string>>>();

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
export function userHash(key: ApiKey, scope: CacheScope, own: unknown): Promise<string> {
  const caller = callerOf(key, scope);
  return typeof own === 'string' || typeof own === 'number' ? hashSecret(`${caller}:${own}`) : hashOnce(key, caller);
}
