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
 * Rows that the version before wrote lack the newer members, which are then NULL.
 * ON CONFLICT, never INSERT OR IGNORE: an outer OR clause would override the upsert inside the trigger.
 */
const INSERT = `INSERT INTO request_logs (${COLUMNS.map(([column]) => column).join(', ')}, repeated, attempts, attempt_details, started_at)
SELECT ${COLUMNS.map(([, path]) => `value ->> '$.${path}'`).join(', ')},
  coalesce(value ->> '$.repeated', 0),
  json_array_length(value, '$.attempts'),
  iif(json_array_length(value, '$.attempts') > 1, value -> '$.attempts', NULL),
  strftime('%Y-%m-%dT%H:%M:%fZ', (value ->> '$.startedAt') / 1000.0, 'unixepoch')
FROM json_each(?1) WHERE true
ON CONFLICT (request_id, kind, key_id) DO NOTHING`;

/** The statement that writes ledger rows; rows that are there already count nothing. */
export function insertLogs(binding: D1Database, rows: readonly object[]): D1PreparedStatement {
  return binding.prepare(INSERT).bind(JSON.stringify(rows));
}
