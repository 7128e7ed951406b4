import type { ApiKey } from '../store/schema.ts';

/** The newest of a key's rows that anybody has shown the ledger: it holds for all. */
export interface Policy {
  /** Keeps `key` if it is newer, and answers the newest. `now` is ms since 1970. */
  newest(key: ApiKey, now: number): ApiKey;
  /** Null before the first call. */
  current(): ApiKey | null;
}

// The clocks of the database and of the object differ a little.
const CLOCKS_DIFFER_MS = 60_000;

/** When a row was changed, in ms since 1970; null where that is still to come, or is no time at all: somebody wrote it by hand. */
function changedAt({ updatedAt }: ApiKey, now: number): number | null {
  const time = Date.parse(updatedAt);
  return time <= now + CLOCKS_DIFFER_MS ? time : null;
}

/**
 * Every change raises the revision and the time, the owner's state included: the triggers see to it.
 * The time counts first, since a database that was restored to an earlier day counts revisions from there again.
 * Where one of the times cannot be, the revisions decide: else no later change would ever hold.
 */
function isNewer(key: ApiKey, known: ApiKey, now: number): boolean {
  const [time, knownTime] = [changedAt(key, now), changedAt(known, now)];
  if (time !== null && knownTime !== null && time !== knownTime) return time > knownTime;
  return key.revision > known.revision;
}

/** Opens the policy after a start, with the newest row that was kept. */
export function openPolicy(sql: SqlStorage): Policy {
  const [stored] = sql.exec<{ key: string }>('SELECT key FROM policy');
  let current: ApiKey | null = stored === undefined ? null : JSON.parse(stored.key);

  return {
    newest(key, now) {
      if (current !== null && !isNewer(key, current, now)) return current;
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
