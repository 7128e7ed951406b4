-- Where there is much: nothing that a page or a report asks walks over a whole table.

-- A key that is asked for by its name.
CREATE INDEX api_keys_by_name ON api_keys (name);

-- A key's own days, and what it has cost in all.
CREATE INDEX usage_daily_by_key ON usage_daily (key_id, day);
-- What a team's shared budget has paid; a person's is found by usage_daily_by_owner.
CREATE INDEX usage_daily_by_team ON usage_daily (team, day);
CREATE INDEX usage_monthly_by_key ON usage_monthly (key_id, month);

-- With the cost in it, a key's log is added up from the index alone. It costs no row more.
DROP INDEX request_logs_by_key;
CREATE INDEX request_logs_by_key ON request_logs (key_id, request_id, cost_nano_usd);

-- The sums of a day over all keys, kept once the day is over. They are there or not: a day that has none is added up
-- from usage_daily, and so is one that changed after all, which the triggers below see to.
CREATE TABLE usage_totals (
  day TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  team TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  PRIMARY KEY (day, provider, model, team, endpoint)
) WITHOUT ROWID;

CREATE TRIGGER usage_daily_added AFTER INSERT ON usage_daily BEGIN
  DELETE FROM usage_totals WHERE day = NEW.day;
END;
CREATE TRIGGER usage_daily_changed AFTER UPDATE ON usage_daily BEGIN
  DELETE FROM usage_totals WHERE day IN (OLD.day, NEW.day);
END;
CREATE TRIGGER usage_daily_removed AFTER DELETE ON usage_daily BEGIN
  DELETE FROM usage_totals WHERE day = OLD.day;
END;

-- Days that are over where they were counted. One that was not over yet loses its sums with the next request.
INSERT INTO usage_totals
SELECT day, provider, model, team, endpoint, sum(requests), sum(errors), sum(input_tokens), sum(cached_tokens),
  sum(output_tokens), sum(reasoning_tokens), sum(cost_nano_usd)
FROM usage_daily WHERE day < date('now') GROUP BY 1, 2, 3, 4, 5;
