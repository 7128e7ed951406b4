import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { LedgerAddress } from './ledgers.ts';
import { type Page, pageOf } from './page.ts';

/** What D1 holds of a key's money, integer nano-USD: the rows still there, those that were pruned, and the daily sums. */
export interface KeySums {
  keyId: string;
  logged: number;
  daily: number;
  /** Whether there is a row of it in one of the sums' tables. */
  hasRows: boolean;
  /** Null where it has none. */
  ledger: LedgerAddress | null;
}

type Row = Pick<KeySums, 'keyId'> &
  Pick<LedgerAddress, 'ledgerJurisdiction' | 'ledgerLocation'> & {
    logged: number | null;
    pruned: number | null;
    daily: number | null;
    hasLedger: number;
  };

/** The tables that tell of a key; each finds the next one after a key by an index. */
const TABLES = ['ledgers', 'usage_daily', 'request_logs', 'pruned_logs'];

const nextKey = TABLES.map((table) => `SELECT min(key_id) AS id FROM ${table} WHERE key_id > walk.id`).join(
  ' UNION ALL ',
);

/** Ids behind a key's, in order: those that any table has rows of. */
function idsBehind(cursor: string, limit: number): SQL {
  return sql`(
    WITH RECURSIVE walk (id) AS (
      SELECT ${cursor}
      UNION ALL SELECT (SELECT min(id) FROM (${sql.raw(nextKey)})) FROM walk WHERE id IS NOT NULL LIMIT ${limit + 1}
    )
    SELECT id FROM walk WHERE id > ${cursor}
  )`;
}

async function readSums(database: Database, ids: SQL): Promise<KeySums[]> {
  const rows = await database.all<Row>(sql`
    SELECT asked.id AS "keyId",
      (SELECT sum(cost_nano_usd) FROM request_logs WHERE key_id = asked.id) AS logged,
      (SELECT cost_nano_usd FROM pruned_logs WHERE key_id = asked.id) AS pruned,
      (SELECT sum(cost_nano_usd) FROM usage_daily WHERE key_id = asked.id) AS daily,
      ledgers.key_id IS NOT NULL AS "hasLedger", jurisdiction AS "ledgerJurisdiction", location AS "ledgerLocation"
    FROM ${ids} AS asked LEFT JOIN ledgers ON ledgers.key_id = asked.id ORDER BY asked.id`);
  return rows.map(({ keyId, logged, pruned, daily, hasLedger, ...place }) => ({
    keyId,
    logged: (logged ?? 0) + (pruned ?? 0),
    daily: daily ?? 0,
    hasRows: logged !== null || pruned !== null || daily !== null,
    ledger: hasLedger === 1 ? { id: keyId, ...place } : null,
  }));
}

/** The sums of the next keys behind a key's id, every key that has rows anywhere; '' for the first. */
export async function listKeySums(
  database: Database,
  page: { cursor: string | null; limit: number },
): Promise<Page<KeySums>> {
  const rows = await readSums(database, idsBehind(page.cursor ?? '', page.limit + 1));
  return pageOf(rows, page.limit, ({ keyId }) => keyId);
}

/** The sums of these keys. */
export async function sumsOfKeys(database: Database, ids: readonly string[]): Promise<KeySums[]> {
  return await readSums(database, sql`(SELECT value AS id FROM json_each(${JSON.stringify(ids)}))`);
}
