-- Queue messages that could not be used. They are kept to be looked at and put back, never thrown away.
CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY,
  body TEXT NOT NULL,
  reason TEXT NOT NULL,
  arrived_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) WITHOUT ROWID;

-- What the log rows that retention took away had cost, by key: the ledger can be checked against D1 forever.
CREATE TABLE pruned_logs (
  key_id TEXT PRIMARY KEY,
  cost_nano_usd INTEGER NOT NULL
) WITHOUT ROWID;
