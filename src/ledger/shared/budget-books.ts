import type { KnownLevel } from './calls.ts';
import { openShares, type Share, type Shares } from './shares.ts';

/* The tables of one shared budget. */
const TABLES = `
CREATE TABLE IF NOT EXISTS shares (key_id TEXT PRIMARY KEY, share TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- The alert is null once it is sent.
CREATE TABLE IF NOT EXISTS alerts (name TEXT PRIMARY KEY, at INTEGER NOT NULL, alert TEXT) WITHOUT ROWID;
`;

/** All that a shared budget knows. */
export interface BudgetBooks {
  shares: Shares;
  /** The newest that anybody has shown of its level; null before the first draw. */
  level(): KnownLevel | null;
  setLevel(level: KnownLevel): void;
  /** The state of the level for which D1's sums have been read; null for none. */
  readFor(): string | null;
  setReadFor(state: string): void;
}

const ADD_SHARE = 'INSERT INTO shares (key_id, share) VALUES (?, ?) ON CONFLICT DO UPDATE SET share = excluded.share';
const SET_MARK = 'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value';

/** Opens the books after a start. */
export function openBudgetBooks(sql: SqlStorage): BudgetBooks {
  sql.exec(TABLES);
  const marks = new Map<string, string>();
  for (const { name, value } of sql.exec<{ name: string; value: string }>('SELECT name, value FROM marks'))
    marks.set(name, value);

  function* kept(): Iterable<[string, Share]> {
    // Written below, and by nothing else.
    for (const { key_id, share } of sql.exec<{ key_id: string; share: string }>('SELECT key_id, share FROM shares'))
      yield [key_id, JSON.parse(share)];
  }

  function mark(name: string, value: string): void {
    marks.set(name, value);
    sql.exec(SET_MARK, name, value);
  }

  let level: KnownLevel | null = JSON.parse(marks.get('level') ?? 'null');
  return {
    shares: openShares(kept(), (keyId, share) => sql.exec(ADD_SHARE, keyId, JSON.stringify(share))),
    level: () => level,
    setLevel(newest) {
      level = newest;
      mark('level', JSON.stringify(newest));
    },
    readFor: () => marks.get('read_for') ?? null,
    setReadFor: (state) => mark('read_for', state),
  };
}
