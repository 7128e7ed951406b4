import { whoseErrors } from './whose-errors.ts';

const COLUMNS = [
  ['request_id', 'requestId'],
  ['kind', 'kind'],
  ['key_id', 'keyId'],
  ['owner', 'owner'],
  ['team', 'team'],
  ['purpose', 'purpose'],
  ['endpoint', 'endpoint'],
  ['provider', 'provider'],
  ['model', 'model'],
  ['requested_model', 'requestedModel'],
  ['session', 'session'],
  ['tags', 'tags'],
  ['stream', 'stream'],
  ['status', 'status'],
  ['"end"', 'end'],
  ['source', 'source'],
  ['input_tokens', 'usage.inputTokens'],
  ['cached_tokens', 'usage.cachedTokens'],
  ['cache_write_tokens', 'usage.cacheWriteTokens'],
  ['output_tokens', 'usage.outputTokens'],
  ['reasoning_tokens', 'usage.reasoningTokens'],
  ['cost_nano_usd', 'costNanoUsd'],
  ['price_revision', 'priceRevision'],
  ['notice', 'notice'],
  ['finish_reason', 'finishReason'],
  ['vendor_finish_reason', 'vendorFinishReason'],
  ['error_code', 'errorCode'],
  ['first_token_ms', 'firstTokenMs'],
  ['duration_ms', 'durationMs'],
  ['colo', 'colo'],
  ['day', 'day'],
] as const;

/*
 * One statement for any number of rows, since D1 takes 100 parameters a statement: they come as one JSON text.
 * Rows that the version before wrote lack the newer members, which are then NULL. `summed` says that the row was added
 * up beside its insertion: the trigger counts those of the version before.
 * ON CONFLICT, never INSERT OR IGNORE: an outer OR clause would override the upsert inside the trigger.
 */
const INSERT = `INSERT INTO request_logs (${COLUMNS.map(([column]) => column).join(', ')}, repeated, attempts, attempt_details, started_at, summed)
SELECT ${COLUMNS.map(([, path]) => `value ->> '$.${path}'`).join(', ')},
  coalesce(value ->> '$.repeated', 0),
  json_array_length(value, '$.attempts'),
  iif(json_array_length(value, '$.attempts') > 1, value -> '$.attempts', NULL),
  strftime('%Y-%m-%dT%H:%M:%fZ', (value ->> '$.startedAt') / 1000.0, 'unixepoch'),
  1
FROM json_each(?1) WHERE true
ON CONFLICT (request_id, kind, key_id) DO NOTHING`;

/** Of the rows those that are not yet in the log: before they are inserted, and so only once. */
const NEW_ROWS = `json_each(?1) WHERE NOT EXISTS (
  SELECT 1 FROM request_logs
  WHERE request_id = value ->> '$.requestId' AND kind = value ->> '$.kind' AND key_id = value ->> '$.keyId')`;

const sumOf = (path: string) => `sum(value ->> '$.${path}')`;
const plus = (columns: readonly string[]) => columns.map((sum) => `${sum} = ${sum} + excluded.${sum}`).join(', ');

const DAILY_SUMS = [
  ...['requests', 'errors', 'own_errors', 'provider_errors'],
  ...['input_tokens', 'cached_tokens', 'output_tokens', 'reasoning_tokens', 'cost_nano_usd'],
];
// A row of refusals stands for more than itself; an adjust row for none.
const STANDS_FOR = `(1 + coalesce(value ->> '$.repeated', 0)) * (value ->> '$.kind' = 'settle')`;

const ERRORS = whoseErrors({
  end: "(value ->> '$.end')",
  status: "(value ->> '$.status')",
  errorCode: "(value ->> '$.errorCode')",
});

const ADD_DAILY = `INSERT INTO usage_daily (day, key_id, provider, model, owner, team, endpoint, ${DAILY_SUMS.join(', ')})
SELECT value ->> '$.day', value ->> '$.keyId', coalesce(value ->> '$.provider', ''), coalesce(value ->> '$.model', ''),
  value ->> '$.owner', coalesce(value ->> '$.team', ''), coalesce(value ->> '$.endpoint', ''),
  sum(${STANDS_FOR}), ${[ERRORS.failed, ERRORS.own, ERRORS.providers].map((are) => `sum(${STANDS_FOR} * ${are})`).join(', ')},
  ${['usage.inputTokens', 'usage.cachedTokens', 'usage.outputTokens', 'usage.reasoningTokens', 'costNanoUsd'].map(sumOf).join(', ')}
FROM ${NEW_ROWS} GROUP BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT DO UPDATE SET ${plus(DAILY_SUMS)}`;

const ADD_MONTHLY = `INSERT INTO usage_monthly (month, key_id, owner, team, cost_nano_usd)
SELECT substr(value ->> '$.day', 1, 7), value ->> '$.keyId', value ->> '$.owner', coalesce(value ->> '$.team', ''),
  ${sumOf('costNanoUsd')}
FROM ${NEW_ROWS} GROUP BY 1, 2, 3, 4 HAVING ${sumOf('costNanoUsd')} <> 0
ON CONFLICT DO UPDATE SET ${plus(['cost_nano_usd'])}`;

/** What tells one row from another. */
interface Named {
  requestId: string;
  kind: string;
  keyId: string;
}

/** Each row once: the first of those with its name. */
function firstOfEach<Row extends Named>(rows: readonly Row[]): Row[] {
  const byName = new Map<string, Row>();
  for (const row of rows) {
    const name = JSON.stringify([row.requestId, row.kind, row.keyId]);
    if (!byName.has(name)) byName.set(name, row);
  }
  return [...byName.values()];
}

/**
 * The statements that write ledger rows and add them to the sums of their days and months, for one transaction. Rows
 * that are there already count nothing, and neither does one that stands twice among these.
 */
export function insertLogs(binding: D1Database, rows: readonly Named[]): D1PreparedStatement[] {
  const json = JSON.stringify(firstOfEach(rows));
  return [ADD_DAILY, ADD_MONTHLY, INSERT].map((sql) => binding.prepare(sql).bind(json));
}
