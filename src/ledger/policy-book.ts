import type { ApiKey, Level } from '../store/schema.ts';

/** The newest of a key's rows, and of its owner's and team's, that anybody has shown the ledger: it holds for all. */
export interface Policy {
  /** Keeps what is newer of `key`, and answers the newest. `now` is ms since 1970. */
  newest(key: ApiKey, now: number): ApiKey;
  /** Null before the first call. */
  current(): ApiKey | null;
}

// The clocks of the database and of the object differ a little.
const CLOCKS_DIFFER_MS = 60_000;

/** What every row has that the triggers keep. */
type Changed = Pick<Level, 'revision' | 'updatedAt'>;

/** When a row was changed, in ms since 1970; null where that is still to come, or is no time at all: somebody wrote it by hand. */
function changedAt({ updatedAt }: Changed, now: number): number | null {
  const time = Date.parse(updatedAt);
  return time <= now + CLOCKS_DIFFER_MS ? time : null;
}

/**
 * Every change raises the revision and the time, the owner's state included: the triggers see to it.
 * The time counts first, since a database that was restored to an earlier day counts revisions from there again.
 * Where one of the times cannot be, the revisions decide: else no later change would ever hold.
 */
export function isNewer(row: Changed, known: Changed, now: number): boolean {
  const [time, knownTime] = [changedAt(row, now), changedAt(known, now)];
  if (time !== null && knownTime !== null && time !== knownTime) return time > knownTime;
  return row.revision > known.revision;
}

/** The newer of two rows, where they are of one user or team; else the first one's. */
function newer<T extends Level>(first: T | null | undefined, second: T | null | undefined, now: number): T | null {
  if (!first) return null;
  return second?.id === first.id && isNewer(second, first, now) ? second : first;
}

/** The newest of a key, of its owner and of the team that the owner is in: each by its own revision. */
function merged(given: ApiKey, known: ApiKey, now: number): ApiKey {
  const [key, older] = isNewer(given, known, now) ? [given, known] : [known, given];
  // The version before says nothing of either.
  const [first, second] = key.user === undefined && older.owner === key.owner ? [older, key] : [key, older];
  const user = newer(first.user, second.user, now);
  const [inTeam, other] = user === first.user ? [first, second] : [second, first];
  return { ...key, user, team: newer(inTeam.team, other.team, now) };
}

function isSame(one: Level | null | undefined, other: Level | null | undefined): boolean {
  return one?.id === other?.id && one?.revision === other?.revision && one?.updatedAt === other?.updatedAt;
}

/** Opens the policy after a start, with the newest row that was kept. */
export function openPolicy(sql: SqlStorage): Policy {
  const [stored] = sql.exec<{ key: string }>('SELECT key FROM policy');
  let current: ApiKey | null = stored === undefined ? null : JSON.parse(stored.key);

  function isKnown(key: ApiKey, known: ApiKey, now: number): boolean {
    return !isNewer(key, known, now) && isSame(key.user, known.user) && isSame(key.team, known.team);
  }

  return {
    newest(key, now) {
      if (current !== null && isKnown(key, current, now)) return current;
      const newest = current === null ? key : merged(key, current, now);
      if (current !== null && isKnown(newest, current, now)) return current;
      sql.exec(
        'INSERT INTO policy (id, revision, key) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET revision = excluded.revision, key = excluded.key',
        newest.revision,
        JSON.stringify(newest),
      );
      current = newest;
      return newest;
    },
    current: () => current,
  };
}
