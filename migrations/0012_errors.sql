-- Whose the errors of a day were: this router's own, and the providers'. What is left of `errors` is the clients'. A
-- provider's are those with its own codes; what it answers to a client's mistake is the client's (src/store/whose-errors.ts).
ALTER TABLE usage_daily ADD COLUMN own_errors INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN provider_errors INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_totals ADD COLUMN own_errors INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_totals ADD COLUMN provider_errors INTEGER NOT NULL DEFAULT 0;

-- As far as the log still tells. The days that are changed lose their kept sums, and get them anew.
UPDATE usage_daily SET own_errors = told.own_errors, provider_errors = told.provider_errors
FROM (
  SELECT day, key_id, coalesce(provider, '') AS provider, coalesce(model, '') AS model, owner,
    coalesce(team, '') AS team, coalesce(endpoint, '') AS endpoint,
    sum((status >= 500 AND coalesce(substr(error_code, 1, 9), '') <> 'upstream_') * (1 + repeated)) AS own_errors,
    sum(("end" IN ('upstream_failed', 'timeout') AND coalesce(substr(error_code, 1, 9), '') = 'upstream_')
      * (1 + repeated)) AS provider_errors
  FROM request_logs WHERE kind = 'settle' AND "end" NOT IN ('completed', 'client_gone')
  GROUP BY 1, 2, 3, 4, 5, 6, 7
) AS told
WHERE usage_daily.day = told.day AND usage_daily.key_id = told.key_id AND usage_daily.provider = told.provider
  AND usage_daily.model = told.model AND usage_daily.owner = told.owner AND usage_daily.team = told.team
  AND usage_daily.endpoint = told.endpoint AND told.own_errors + told.provider_errors > 0;

DROP TRIGGER request_logs_count;

CREATE TRIGGER request_logs_count
AFTER INSERT ON request_logs
WHEN NEW.summed = 0
BEGIN
  INSERT INTO usage_daily (
    day, key_id, provider, model, owner, team, endpoint, requests, errors, own_errors, provider_errors,
    input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_nano_usd
  ) VALUES (
    NEW.day, NEW.key_id, coalesce(NEW.provider, ''), coalesce(NEW.model, ''),
    NEW.owner, coalesce(NEW.team, ''), coalesce(NEW.endpoint, ''),
    iif(NEW.kind = 'settle', 1 + NEW.repeated, 0),
    iif(NEW.kind = 'settle' AND NEW."end" NOT IN ('completed', 'client_gone'), 1 + NEW.repeated, 0),
    iif(NEW.kind = 'settle' AND NEW."end" NOT IN ('completed', 'client_gone') AND NEW.status >= 500
      AND coalesce(substr(NEW.error_code, 1, 9), '') <> 'upstream_', 1 + NEW.repeated, 0),
    iif(NEW.kind = 'settle' AND NEW."end" IN ('upstream_failed', 'timeout')
      AND coalesce(substr(NEW.error_code, 1, 9), '') = 'upstream_', 1 + NEW.repeated, 0),
    NEW.input_tokens, NEW.cached_tokens, NEW.output_tokens, NEW.reasoning_tokens, NEW.cost_nano_usd
  )
  ON CONFLICT DO UPDATE SET
    requests = requests + excluded.requests,
    errors = errors + excluded.errors,
    own_errors = own_errors + excluded.own_errors,
    provider_errors = provider_errors + excluded.provider_errors,
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
