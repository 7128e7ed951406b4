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

-- What keys have cost a month, for lists that go by it. As usage_daily it stays when log rows go.
CREATE TABLE usage_monthly (
  -- YYYY-MM of the rows' days.
  month TEXT NOT NULL,
  key_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  team TEXT NOT NULL DEFAULT '',
  cost_nano_usd INTEGER NOT NULL,
  PRIMARY KEY (month, key_id, owner, team)
) WITHOUT ROWID;

INSERT INTO usage_monthly (month, key_id, owner, team, cost_nano_usd)
SELECT substr(day, 1, 7), key_id, owner, team, sum(cost_nano_usd) FROM usage_daily WHERE true GROUP BY 1, 2, 3, 4
HAVING sum(cost_nano_usd) <> 0;

-- The consumer adds up a message's rows once, before it inserts them, and says so in each. The trigger goes on counting,
-- one by one, those of the version before, which may still write while this one is being deployed, or come back.
ALTER TABLE request_logs ADD COLUMN summed INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER request_logs_count;

CREATE TRIGGER request_logs_count
AFTER INSERT ON request_logs
WHEN NEW.summed = 0
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
  INSERT INTO usage_monthly (month, key_id, owner, team, cost_nano_usd)
  SELECT substr(NEW.day, 1, 7), NEW.key_id, NEW.owner, coalesce(NEW.team, ''), NEW.cost_nano_usd
  WHERE NEW.cost_nano_usd <> 0
  ON CONFLICT DO UPDATE SET cost_nano_usd = cost_nano_usd + excluded.cost_nano_usd;
END;
