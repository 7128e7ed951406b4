import type { ApiKey } from '../store/schema.ts';
import { hashSecret } from './secret.ts';

const known = new WeakMap<ApiKey, Promise<string>>();

/** What providers tell callers apart by: a hash of the key's id, which says nothing else of it. Made once for each record. */
export function userHash(key: ApiKey): Promise<string> {
  const made = known.get(key) ?? hashSecret(key.id);
  known.set(key, made);
  return made;
}
