import type { ApiKey } from '../store/schema.ts';
import { hashSecret } from './secret.ts';

const known = new WeakMap<ApiKey, Promise<string>>();

/**
 * What providers tell callers apart by: a hash of the key's id, which says nothing else of it, made once for each record.
 * Whoever tells its own users apart (`user_id`) has that hashed in: no client can take another's place, or be seen by name.
 */
export function userHash(key: ApiKey, own: unknown): Promise<string> {
  if (typeof own === 'string' || typeof own === 'number') return hashSecret(`${key.id}:${own}`);
  const made = known.get(key) ?? hashSecret(key.id);
  known.set(key, made);
  return made;
}
