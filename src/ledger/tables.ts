/*
 * The tables of one key's ledger object. WITHOUT ROWID, since each row written is billed, and so is each index.
 * A request writes three rows in all: it begins, it is settled, and it is pruned; two where it ends before its lease is
 * written (lease-book.ts). What D1 has confirmed and what days have cost is written once for many rows (balance.ts), and is
 * made again from the rows behind the marks after a start.
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

/*
 * What changed since, one step after the other: ledgers live through deployments, and each takes the steps it has not
 * taken when it wakes. A step only adds, since the version before may come back.
 */
const STEPS = [
  // For refusals: how many more the row stands for, when it was brought. One that has no row of its own is counted in another's.
  'ALTER TABLE requests ADD COLUMN repeated INTEGER',
  // Sums a day by whose money it was, in place of the table `spend`: what stood there was the owner's. No team is ''.
  `CREATE TABLE IF NOT EXISTS costs (
     day TEXT NOT NULL, owner TEXT NOT NULL, team TEXT NOT NULL, cost INTEGER NOT NULL, PRIMARY KEY (day, owner, team)
   ) WITHOUT ROWID;
   INSERT INTO costs SELECT day, coalesce((SELECT key ->> '$.owner' FROM policy), ''), '', cost FROM spend WHERE true
   ON CONFLICT DO NOTHING`,
  // Where it stands with users and teams that have budgets.
  'CREATE TABLE IF NOT EXISTS levels (id TEXT PRIMARY KEY, stand TEXT NOT NULL) WITHOUT ROWID',
];

/** Makes the tables that are not there yet, and brings older ones up to date. In one transaction, since it never waits. */
export function createTables(sql: SqlStorage): void {
  sql.exec(TABLES);
  const [mark] = sql.exec<{ value: string }>("SELECT value FROM marks WHERE name = 'tables'");
  const taken = Number(mark?.value ?? 0);
  if (taken >= STEPS.length) return;
  for (const step of STEPS.slice(taken)) sql.exec(step);
  sql.exec(
    "INSERT INTO marks (name, value) VALUES ('tables', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    String(STEPS.length),
  );
}
