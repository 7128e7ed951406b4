-- Which keys have a ledger: only a client's request makes one, near the client, and what is here is swept, checked and
-- told of changes. What a ledger was made with is kept: another jurisdiction would be another object, with nothing spent.
CREATE TABLE ledgers (
  key_id TEXT PRIMARY KEY,
  -- LEDGER_JURISDICTION and LEDGER_LOCATION as they were then; NULL for none.
  jurisdiction TEXT,
  location TEXT,
  since TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) WITHOUT ROWID;

INSERT INTO ledgers (key_id, since) SELECT key_id, min(day) || 'T00:00:00.000Z' FROM usage_daily GROUP BY key_id;
