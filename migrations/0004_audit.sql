-- Who changed what, when: one row a change made through the CLI, the console or /internal.
-- Written in the transaction of the change itself. Changes by plain SQL leave none.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  actor TEXT NOT NULL CHECK (actor IN ('cli', 'console', 'api')),
  -- For example key.create, key.update, key.rotate, user.disable.
  action TEXT NOT NULL,
  -- The key's id or the user's name.
  target TEXT NOT NULL,
  -- JSON of what was set; never a secret or a hash.
  details TEXT
);
