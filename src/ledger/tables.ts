/*
 * The tables of one key's ledger object. WITHOUT ROWID, since each row written is billed, and so is each index.
 * A request writes six rows in all: lease, entry, day, lease away, entry acknowledged, entry pruned.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS policy (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS leases (
  request_id TEXT PRIMARY KEY, admitted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  lease TEXT NOT NULL, checkpoint TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
  request_id TEXT NOT NULL, kind TEXT NOT NULL, admitted_at INTEGER, settled_at INTEGER NOT NULL,
  tokens INTEGER NOT NULL, row TEXT NOT NULL, refusal TEXT, acknowledged INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (request_id, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conflicts (request_id TEXT PRIMARY KEY, at INTEGER NOT NULL, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spend (day TEXT PRIMARY KEY, cost INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

export function createTables(sql: SqlStorage): void {
  sql.exec(TABLES);
}
