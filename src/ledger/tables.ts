/*
 * The tables of one key's ledger object. WITHOUT ROWID, since each row written is billed, and so is each index.
 * A request writes four rows in all: it begins, it is settled, its day's sum, and it is pruned.
 * What D1 has confirmed is one mark for many rows; what waits for D1 is known in memory, and from the marks on after a start.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS policy (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS requests (
  request_id TEXT NOT NULL, kind TEXT NOT NULL, admitted_at INTEGER,
  -- While it runs.
  expires_at INTEGER, lease TEXT, checkpoint TEXT,
  -- Once it is settled. Positions rise with time.
  settled_at INTEGER, position INTEGER, tokens INTEGER, row TEXT, refusal TEXT,
  PRIMARY KEY (request_id, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conflicts (request_id TEXT PRIMARY KEY, at INTEGER NOT NULL, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spend (day TEXT PRIMARY KEY, cost INTEGER NOT NULL) WITHOUT ROWID;
-- The alert is null once it is sent.
CREATE TABLE IF NOT EXISTS alerts (name TEXT PRIMARY KEY, at INTEGER NOT NULL, alert TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

/** Makes the tables that are not there yet. */
export function createTables(sql: SqlStorage): void {
  sql.exec(TABLES);
}
