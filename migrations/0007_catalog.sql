-- The catalogue that can be edited while the router runs. What is built in is in src/providers; a row of the same name
-- corrects it, and what a row leaves out (NULL) stays as built in, or is not known and nothing is checked by it.
-- No CHECKs: a row that is wrong is left out by the router, which says why (`npm run doctor`).
CREATE TABLE providers (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT,
  base_url TEXT,
  -- The variable that holds its keys. The keys themselves never come here.
  key_variable TEXT,
  status TEXT DEFAULT 'active',
  -- JSON.
  rules TEXT,
  created_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE TABLE models (
  provider TEXT NOT NULL,
  id TEXT NOT NULL,
  -- chat or embedding.
  kind TEXT,
  context_length INTEGER,
  max_output INTEGER,
  -- text,image,video,audio,file
  inputs TEXT,
  tools INTEGER,
  -- JSON: {"kind": "switch", "default": "on", "efforts": ["low", "high"]}.
  thinking TEXT,
  wants_reasoning INTEGER,
  note TEXT,
  status TEXT DEFAULT 'active',
  PRIMARY KEY (provider, id)
);

-- USD a million tokens. A price is never changed in place: a new row has the time from which it holds.
CREATE TABLE prices (
  -- Of two with one valid_from the one written later holds.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  -- A day or an instant, UTC.
  valid_from TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  -- Stands on every log row that was billed by it; stamped below where it is not given.
  revision TEXT,
  input REAL,
  cached REAL,
  output REAL,
  cache_write REAL,
  cache_write_hour REAL,
  -- JSON: hours with other prices.
  bands TEXT,
  -- JSON: {"web_search": 0.01}, USD a call of a provider's own tool.
  tools TEXT
);

CREATE INDEX prices_by_model ON prices (provider, model);

CREATE TABLE routes (
  name TEXT PRIMARY KEY NOT NULL,
  -- JSON: [{"model": "deepseek/deepseek-flash", "parameters": {}, "weight": 1}, …].
  targets TEXT,
  spread INTEGER DEFAULT 0,
  note TEXT,
  status TEXT DEFAULT 'active'
);

CREATE TRIGGER prices_stamp
AFTER INSERT ON prices
WHEN coalesce(NEW.revision, '') = ''
BEGIN
  UPDATE prices SET revision = coalesce(substr(NEW.valid_from, 1, 10), 'price') || '-' || NEW.id WHERE id = NEW.id;
END;

CREATE TRIGGER prices_stay
BEFORE UPDATE ON prices
WHEN coalesce(OLD.revision, '') <> ''
BEGIN
  SELECT RAISE(ABORT, 'a price is never changed in place: insert a new one');
END;

-- Says with one small read whether anything has changed. Random, so that a database that was set back has another one.
INSERT INTO deployment (name, value) VALUES ('catalog_revision', lower(hex(randomblob(8))));

CREATE TRIGGER providers_added AFTER INSERT ON providers BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER providers_changed AFTER UPDATE ON providers BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER providers_removed AFTER DELETE ON providers BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER models_added AFTER INSERT ON models BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER models_changed AFTER UPDATE ON models BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER models_removed AFTER DELETE ON models BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER prices_added AFTER INSERT ON prices BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER prices_removed AFTER DELETE ON prices BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER routes_added AFTER INSERT ON routes BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER routes_changed AFTER UPDATE ON routes BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
CREATE TRIGGER routes_removed AFTER DELETE ON routes BEGIN
  UPDATE deployment SET value = lower(hex(randomblob(8))) WHERE name = 'catalog_revision';
END;
