-- What the log tells beside the bill. The version before writes none of it, so each has a value to begin with.
-- How many more refusals a row stands for, beside its own: past thirty a minute a key's refusals are counted, not written.
ALTER TABLE request_logs ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE request_logs ADD COLUMN team TEXT;
-- The door it came through. Until now there was one.
ALTER TABLE request_logs ADD COLUMN endpoint TEXT DEFAULT 'chat';
ALTER TABLE request_logs ADD COLUMN session TEXT;
-- JSON: {"name": "value", …}.
ALTER TABLE request_logs ADD COLUMN tags TEXT;
-- What was lost on the way to the provider or back, as `x-llm-notice` says it.
ALTER TABLE request_logs ADD COLUMN notice TEXT;

-- Whether the key may use a provider's own tools, which cost money a call.
ALTER TABLE api_keys ADD COLUMN provider_tools INTEGER NOT NULL DEFAULT 0 CHECK (provider_tools IN (0, 1));

-- The daily sums by owner, team and door too: a key that changes hands takes no spend along.
DROP TRIGGER request_logs_count;

CREATE TABLE usage_daily_by_owner (
  day TEXT NOT NULL,
  key_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  owner TEXT NOT NULL,
  team TEXT NOT NULL DEFAULT '',
  endpoint TEXT NOT NULL DEFAULT '',
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  PRIMARY KEY (day, key_id, provider, model, owner, team, endpoint)
) WITHOUT ROWID;

INSERT INTO usage_daily_by_owner (
  day, key_id, provider, model, owner, endpoint, requests, errors,
  input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_nano_usd
)
SELECT day, key_id, provider, model, owner, 'chat', requests, errors,
  input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_nano_usd
FROM usage_daily;

DROP TABLE usage_daily;
ALTER TABLE usage_daily_by_owner RENAME TO usage_daily;

-- Runs only for rows that were really inserted, so an ignored duplicate counts nothing.
CREATE TRIGGER request_logs_count
AFTER INSERT ON request_logs
BEGIN
  INSERT INTO usage_daily (
    day, key_id, provider, model, owner, team, endpoint, requests, errors,
    input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_nano_usd
  ) VALUES (
    NEW.day, NEW.key_id, coalesce(NEW.provider, ''), coalesce(NEW.model, ''),
    NEW.owner, coalesce(NEW.team, ''), coalesce(NEW.endpoint, ''),
    iif(NEW.kind = 'settle', 1 + NEW.repeated, 0),
    iif(NEW.kind = 'settle' AND NEW."end" NOT IN ('completed', 'client_gone'), 1 + NEW.repeated, 0),
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

-- Settlements among the dead letters carried their key's hashes. Without them a key's row must not be taken for its newest.
UPDATE dead_letters
SET body = json_set(body, '$.key.hash', '', '$.key.previousHash', NULL, '$.key.revision', 0, '$.key.updatedAt', '')
WHERE iif(json_valid(body), body ->> '$.kind' = 'settle' AND body ->> '$.key.id' IS NOT NULL, 0);
