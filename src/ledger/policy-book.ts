import type { ApiKey } from '../store/schema.ts';

/** The newest of a key's rows that anybody has shown the ledger: it holds for all. */
export interface Policy {
  /** Keeps `key` if it is newer, and answers the newest. */
  newest(key: ApiKey): ApiKey;
  /** Null before the first call. */
  current(): ApiKey | null;
}

/**
 * Every change raises the revision and the time, the owner's state included: the triggers see to it.
 * The time counts first, since a database that was restored to an earlier day counts revisions from there again.
 */
function isNewer(key: ApiKey, known: ApiKey): boolean {
  if (key.updatedAt !== known.updatedAt) return key.updatedAt > known.updatedAt;
  return key.revision > known.revision;
}

/** Opens the policy after a start, with the newest row that was kept. */
export function openPolicy(sql: SqlStorage): Policy {
  const [stored] = sql.exec<{ key: string }>('SELECT key FROM policy');
  let current: ApiKey | null = stored === undefined ? null : JSON.parse(stored.key);

  return {
    newest(key) {
      if (current !== null && !isNewer(key, current)) return current;
      sql.exec(
        'INSERT INTO policy (id, revision, key) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET revision = excluded.revision, key = excluded.key',
        key.revision,
        JSON.stringify(key),
      );
      current = key;
      return key;
    },
    current: () => current,
  };
}
