import { readConfig } from '../config.ts';
import { requestIdFloor } from '../protocol/request-id.ts';
import { insertLogs } from '../store/insert-logs.ts';
import { hasRowsSince } from '../store/logs.ts';
import type { ApiKey } from '../store/schema.ts';
import { whileBusy } from '../store/while-busy.ts';
import type { Settlement } from './calls.ts';
import { MOST_ROWS } from './refusal-book.ts';
import { settleRow } from './settlement-row.ts';
import { MINUTE_MS, minuteOf, windowsAt } from './windows.ts';

/**
 * Writes to D1 the refusal of a key that has no ledger, and gets none by being refused. False where its minute has rows
 * enough: whoever tells of it counts it in a later one.
 */
export async function storeRefusal(env: Cloudflare.Env, key: ApiKey, settlement: Settlement): Promise<boolean> {
  const now = Date.now();
  const minute = requestIdFloor(minuteOf(now) * MINUTE_MS);
  if (await hasRowsSince(env.DB, key.id, minute, MOST_ROWS)) return false;
  const { day } = windowsAt(now, readConfig(env).budgetUtcOffset);
  const row = settleRow(key, settlement, day, undefined);
  await whileBusy(() => env.DB.batch(insertLogs(env.DB, [row])));
  return true;
}
