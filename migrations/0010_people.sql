-- People who sign in by themselves, and what they may make.
ALTER TABLE users ADD COLUMN email TEXT CHECK (email IS NULL OR (email = lower(email) AND instr(email, '@') > 1));
CREATE UNIQUE INDEX users_by_email ON users (email);

-- A person's own page sums up their days.
CREATE INDEX usage_daily_by_owner ON usage_daily (owner, day);

-- What a member may make without asking: one row, off until an administrator switches it on.
CREATE TABLE member_template (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  enabled INTEGER NOT NULL DEFAULT 0 CHECK (enabled IN (0, 1)),
  -- Keys that are not revoked.
  max_keys INTEGER NOT NULL DEFAULT 5 CHECK (typeof(max_keys) = 'integer' AND max_keys > 0),
  -- A duration such as 90d; NULL for keys that do not end.
  expires_after TEXT CHECK (expires_after IS NULL OR expires_after GLOB '[0-9]*[smhd]'),
  -- As in api_keys: what a member's key gets.
  models TEXT,
  rpm INTEGER CHECK (rpm IS NULL OR (typeof(rpm) = 'integer' AND rpm > 0)),
  tpm INTEGER CHECK (tpm IS NULL OR (typeof(tpm) = 'integer' AND tpm > 0)),
  max_concurrent INTEGER CHECK (max_concurrent IS NULL OR (typeof(max_concurrent) = 'integer' AND max_concurrent > 0)),
  budget_day_usd REAL CHECK (budget_day_usd IS NULL OR (typeof(budget_day_usd) = 'real' AND budget_day_usd >= 0)),
  budget_week_usd REAL CHECK (budget_week_usd IS NULL OR (typeof(budget_week_usd) = 'real' AND budget_week_usd >= 0)),
  budget_month_usd REAL CHECK (budget_month_usd IS NULL OR (typeof(budget_month_usd) = 'real' AND budget_month_usd >= 0)),
  budget_total_usd REAL CHECK (budget_total_usd IS NULL OR (typeof(budget_total_usd) = 'real' AND budget_total_usd >= 0)),
  revision INTEGER NOT NULL DEFAULT 1,
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
INSERT INTO member_template (id) VALUES (1);

CREATE TRIGGER member_template_revision
AFTER UPDATE ON member_template
WHEN NEW.revision = OLD.revision
BEGIN
  UPDATE member_template
  SET revision = OLD.revision + 1, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE id = NEW.id;
END;

-- A link that lets one person make one key. Only its SHA-256 is kept.
CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL REFERENCES users (name),
  hash TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  expires_at TEXT NOT NULL CHECK (datetime(expires_at) IS NOT NULL),
  -- Taken back by an administrator.
  revoked_at TEXT,
  used_at TEXT,
  -- What was made with it.
  key_id TEXT
);
CREATE INDEX invitations_by_owner ON invitations (owner, id);

-- The audit names people: console:ann@example.com. Rows keep their ids, which the pages' cursors are.
CREATE TABLE audit_by_name (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  actor TEXT NOT NULL CHECK (actor IN ('cli', 'console', 'api') OR substr(actor, 1, 8) = 'console:'),
  -- For example key.create, key.update, key.rotate, user.disable.
  action TEXT NOT NULL,
  -- The key's id or the user's name.
  target TEXT NOT NULL,
  -- JSON of what was set; never a secret or a hash.
  details TEXT
);
INSERT INTO audit_by_name (id, at, actor, action, target, details)
SELECT id, at, actor, action, target, details FROM audit;
DROP TABLE audit;
ALTER TABLE audit_by_name RENAME TO audit;
