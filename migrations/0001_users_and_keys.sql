-- People and their keys. Rows may be read and edited by hand; see "Keys" in the README.
CREATE TABLE users (
  name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL REFERENCES users (name),
  purpose TEXT NOT NULL DEFAULT 'default',
  name TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'revoked')),
  -- Only hashes are kept. previous_* is the secret that a rotation replaced, while its grace lasts.
  hash TEXT NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  last4 TEXT NOT NULL,
  previous_hash TEXT UNIQUE,
  previous_expires_at TEXT CHECK (previous_expires_at IS NULL OR datetime(previous_expires_at) IS NOT NULL),
  expires_at TEXT CHECK (expires_at IS NULL OR datetime(expires_at) IS NOT NULL),
  -- Comma-separated: exact ids or provider/*. NULL allows all.
  models TEXT,
  rpm INTEGER CHECK (rpm IS NULL OR (typeof(rpm) = 'integer' AND rpm > 0)),
  tpm INTEGER CHECK (tpm IS NULL OR (typeof(tpm) = 'integer' AND tpm > 0)),
  max_concurrent INTEGER CHECK (max_concurrent IS NULL OR (typeof(max_concurrent) = 'integer' AND max_concurrent > 0)),
  budget_day_usd REAL CHECK (budget_day_usd IS NULL OR (typeof(budget_day_usd) = 'real' AND budget_day_usd >= 0)),
  budget_week_usd REAL CHECK (budget_week_usd IS NULL OR (typeof(budget_week_usd) = 'real' AND budget_week_usd >= 0)),
  budget_month_usd REAL CHECK (budget_month_usd IS NULL OR (typeof(budget_month_usd) = 'real' AND budget_month_usd >= 0)),
  budget_total_usd REAL CHECK (budget_total_usd IS NULL OR (typeof(budget_total_usd) = 'real' AND budget_total_usd >= 0)),
  reasoning TEXT NOT NULL DEFAULT 'think' CHECK (reasoning IN ('think', 'details', 'hidden')),
  -- Rises with every change, by hand too. The ledger keeps the newest it has seen.
  revision INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE INDEX api_keys_by_owner ON api_keys (owner);

CREATE TRIGGER api_keys_revoked_is_final
BEFORE UPDATE OF status ON api_keys
WHEN OLD.status = 'revoked' AND NEW.status <> 'revoked'
BEGIN
  SELECT RAISE(ABORT, 'a revoked key stays revoked: create a new one');
END;

CREATE TRIGGER api_keys_revision
AFTER UPDATE ON api_keys
WHEN NEW.revision = OLD.revision
BEGIN
  UPDATE api_keys
  SET revision = OLD.revision + 1, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE id = NEW.id;
END;

-- A disabled owner disables all their keys, so their ledgers must learn of it.
CREATE TRIGGER users_status
AFTER UPDATE OF status ON users
WHEN NEW.status <> OLD.status
BEGIN
  UPDATE api_keys SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE owner = NEW.name;
END;
