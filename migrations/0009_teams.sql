-- One purse a person, one a team: what a user or a team may spend, over all keys. Every level holds at once.
-- The id is for the object that counts; names may be given again.
CREATE TABLE teams (
  name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
  id TEXT UNIQUE,
  budget_day_usd REAL CHECK (budget_day_usd IS NULL OR (typeof(budget_day_usd) = 'real' AND budget_day_usd >= 0)),
  budget_week_usd REAL CHECK (budget_week_usd IS NULL OR (typeof(budget_week_usd) = 'real' AND budget_week_usd >= 0)),
  budget_month_usd REAL CHECK (budget_month_usd IS NULL OR (typeof(budget_month_usd) = 'real' AND budget_month_usd >= 0)),
  budget_total_usd REAL CHECK (budget_total_usd IS NULL OR (typeof(budget_total_usd) = 'real' AND budget_total_usd >= 0)),
  -- Rises with every change, by hand too.
  revision INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

ALTER TABLE users ADD COLUMN team TEXT REFERENCES teams (name);
ALTER TABLE users ADD COLUMN budget_day_usd REAL CHECK (budget_day_usd IS NULL OR (typeof(budget_day_usd) = 'real' AND budget_day_usd >= 0));
ALTER TABLE users ADD COLUMN budget_week_usd REAL CHECK (budget_week_usd IS NULL OR (typeof(budget_week_usd) = 'real' AND budget_week_usd >= 0));
ALTER TABLE users ADD COLUMN budget_month_usd REAL CHECK (budget_month_usd IS NULL OR (typeof(budget_month_usd) = 'real' AND budget_month_usd >= 0));
ALTER TABLE users ADD COLUMN budget_total_usd REAL CHECK (budget_total_usd IS NULL OR (typeof(budget_total_usd) = 'real' AND budget_total_usd >= 0));
ALTER TABLE users ADD COLUMN id TEXT;
ALTER TABLE users ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN updated_at TEXT;

UPDATE users SET id = lower(hex(randomblob(16))), updated_at = created_at;

CREATE UNIQUE INDEX users_by_id ON users (id);
CREATE INDEX users_by_team ON users (team) WHERE team IS NOT NULL;

-- Rows by plain SQL, and by the version before, name neither.
CREATE TRIGGER users_id
AFTER INSERT ON users
WHEN NEW.id IS NULL OR NEW.updated_at IS NULL
BEGIN
  UPDATE users
  SET id = coalesce(NEW.id, lower(hex(randomblob(16)))), updated_at = coalesce(NEW.updated_at, NEW.created_at)
  WHERE name = NEW.name;
END;

CREATE TRIGGER teams_id
AFTER INSERT ON teams
WHEN NEW.id IS NULL
BEGIN
  UPDATE teams SET id = lower(hex(randomblob(16))) WHERE name = NEW.name;
END;

CREATE TRIGGER users_revision
AFTER UPDATE ON users
WHEN NEW.revision = OLD.revision
BEGIN
  UPDATE users
  SET revision = OLD.revision + 1, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE name = NEW.name;
END;

CREATE TRIGGER teams_revision
AFTER UPDATE ON teams
WHEN NEW.revision = OLD.revision
BEGIN
  UPDATE teams
  SET revision = OLD.revision + 1, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE name = NEW.name;
END;

-- The shared budgets there are: only a client's request makes one, and what it was made with is kept.
CREATE TABLE shared_budgets (
  -- The user's or the team's.
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('user', 'team')),
  name TEXT NOT NULL,
  jurisdiction TEXT,
  location TEXT,
  since TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) WITHOUT ROWID;

-- What a user or a team has paid in all: a shared budget begins with it.
CREATE INDEX usage_monthly_by_owner ON usage_monthly (owner, month);
CREATE INDEX usage_monthly_by_team ON usage_monthly (team, month);
