import { desc, eq } from 'drizzle-orm';
import type { Database } from './database.ts';
import { type RequestLogRow, requestLogs } from './schema.ts';
import { whileBusy } from './while-busy.ts';

/** The rows of one request: its settle row and, where there is one, its adjust row. */
export async function getLog(database: Database, requestId: string): Promise<RequestLogRow[]> {
  return await database
    .select()
    .from(requestLogs)
    .where(eq(requestLogs.requestId, requestId))
    .orderBy(desc(requestLogs.kind));
}

/** Whether a key has so many rows from a request id on. */
export async function hasRowsSince(binding: D1Database, keyId: string, from: string, count: number): Promise<boolean> {
  const found = binding
    .prepare('SELECT 1 FROM request_logs WHERE key_id = ? AND request_id >= ? LIMIT 1 OFFSET ?')
    .bind(keyId, from, count - 1);
  return (await whileBusy(() => found.first())) !== null;
}

/**
 * Deletes up to `limit` rows older than the request id `before`, and keeps their sum a key, in one transaction:
 * the ledger can be checked against D1 however old it is. Answers how many went.
 */
export async function pruneLogs(binding: D1Database, before: string, limit: number): Promise<number> {
  const old = 'SELECT request_id, kind, key_id FROM request_logs WHERE request_id < ?1 ORDER BY request_id LIMIT ?2';
  const statements = [
    binding
      .prepare(
        `INSERT INTO pruned_logs (key_id, cost_nano_usd)
         SELECT key_id, sum(cost_nano_usd) FROM request_logs WHERE (request_id, kind, key_id) IN (${old}) GROUP BY key_id
         ON CONFLICT DO UPDATE SET cost_nano_usd = cost_nano_usd + excluded.cost_nano_usd`,
      )
      .bind(before, limit),
    binding.prepare(`DELETE FROM request_logs WHERE (request_id, kind, key_id) IN (${old})`).bind(before, limit),
  ];
  const [, gone] = await whileBusy(() => binding.batch(statements));
  return gone?.meta.changes ?? 0;
}
