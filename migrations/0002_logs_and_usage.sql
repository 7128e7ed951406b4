-- One row a request and kind. The primary key makes duplicate deliveries harmless.
-- Request ids begin with their time, so the key also orders by time and old rows go by range.
CREATE TABLE request_logs (
  request_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('settle', 'adjust')),
  key_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  purpose TEXT NOT NULL,
  provider TEXT,
  model TEXT,
  requested_model TEXT,
  stream INTEGER NOT NULL,
  status INTEGER NOT NULL,
  "end" TEXT NOT NULL,
  source TEXT NOT NULL,
  input_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  cost_usd TEXT GENERATED ALWAYS AS (
    iif(cost_nano_usd < 0, '-', '') || rtrim(rtrim(
      printf('%d.%09d', abs(cost_nano_usd) / 1000000000, abs(cost_nano_usd) % 1000000000), '0'), '.')
  ) VIRTUAL,
  price_revision TEXT,
  attempts INTEGER NOT NULL,
  -- JSON, only where there was more than one: [{status, code, durationMs}].
  attempt_details TEXT,
  finish_reason TEXT,
  vendor_finish_reason TEXT,
  error_code TEXT,
  started_at TEXT NOT NULL,
  first_token_ms INTEGER,
  duration_ms INTEGER NOT NULL,
  colo TEXT,
  day TEXT NOT NULL,
  PRIMARY KEY (request_id, kind, key_id)
) WITHOUT ROWID;

-- A key's own requests, newest first: the console's and /internal/logs' query.
CREATE INDEX request_logs_by_key ON request_logs (key_id, request_id);

-- Sums a day, kept by the trigger below. They stay when log rows go.
CREATE TABLE usage_daily (
  day TEXT NOT NULL,
  key_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  owner TEXT NOT NULL,
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  PRIMARY KEY (day, key_id, provider, model)
) WITHOUT ROWID;

-- Runs only for rows that were really inserted, so an ignored duplicate counts nothing.
CREATE TRIGGER request_logs_count
AFTER INSERT ON request_logs
BEGIN
  INSERT INTO usage_daily (
    day, key_id, provider, model, owner, requests, errors,
    input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_nano_usd
  ) VALUES (
    NEW.day, NEW.key_id, coalesce(NEW.provider, ''), coalesce(NEW.model, ''), NEW.owner,
    NEW.kind = 'settle', NEW.kind = 'settle' AND NEW."end" NOT IN ('completed', 'client_gone'),
    NEW.input_tokens, NEW.cached_tokens, NEW.output_tokens, NEW.reasoning_tokens, NEW.cost_nano_usd
  )
  ON CONFLICT DO UPDATE SET
    requests = requests + excluded.requests,
    errors = errors + excluded.errors,
    input_tokens = input_tokens + excluded.input_tokens,
    cached_tokens = cached_tokens + excluded.cached_tokens,
    output_tokens = output_tokens + excluded.output_tokens,
    reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
    cost_nano_usd = cost_nano_usd + excluded.cost_nano_usd;
END;
