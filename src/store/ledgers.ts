import { count, eq, gt } from 'drizzle-orm';
import type { LedgerPlace } from '../protocol/ledger-place.ts';
import type { Database } from './database.ts';
import { selectKeys } from './keys.ts';
import { type Page, pageOf } from './page.ts';
import { type ApiKey, apiKeys, ledgers } from './schema.ts';

/** What finds a ledger. */
export interface LedgerAddress extends Pick<LedgerPlace, 'ledgerJurisdiction' | 'ledgerLocation'> {
  /** The key's id. */
  id: string;
}

/**
 * Makes known that a key has a ledger, and reads the key again, in one transaction: a change of the key that came before
 * is in what is read, and one that comes after finds the ledger. Null where there is no such key.
 */
export async function registerLedger(database: Database, address: LedgerAddress): Promise<ApiKey | null> {
  const { id, ledgerJurisdiction: jurisdiction, ledgerLocation: location } = address;
  const [, rows] = await database.batch([
    database.insert(ledgers).values({ keyId: id, jurisdiction, location }).onConflictDoNothing(),
    selectKeys(database).where(eq(apiKeys.id, id)),
  ]);
  return rows[0] ?? null;
}

/** The statement that makes ledgers known where they are not, as they are after D1 was restored. */
export function insertLedgers(
  binding: D1Database,
  addresses: readonly Pick<LedgerAddress, 'id' | 'ledgerJurisdiction'>[],
): D1PreparedStatement {
  return binding
    .prepare(
      `INSERT INTO ledgers (key_id, jurisdiction)
       SELECT value ->> '$.id', value ->> '$.ledgerJurisdiction' FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(JSON.stringify(addresses));
}

function selectAddresses(database: Database) {
  return database
    .select({ id: ledgers.keyId, ledgerJurisdiction: ledgers.jurisdiction, ledgerLocation: ledgers.location })
    .from(ledgers)
    .$dynamic();
}

/** Ledgers in the order of their keys. `cursor` is a key's id. */
export async function listLedgers(
  database: Database,
  page: { cursor: string | null; limit: number },
): Promise<Page<LedgerAddress>> {
  const rows = await selectAddresses(database)
    .where(page.cursor ? gt(ledgers.keyId, page.cursor) : undefined)
    .orderBy(ledgers.keyId)
    .limit(page.limit + 1);
  return pageOf(rows, page.limit, ({ id }) => id);
}

/** How many ledgers there are. */
export async function countLedgers(database: Database): Promise<number> {
  const [row] = await database.select({ ledgers: count() }).from(ledgers);
  return row?.ledgers ?? 0;
}

/** A key's ledger; null where it has none. */
export async function findLedger(database: Database, keyId: string): Promise<LedgerAddress | null> {
  const rows = await selectAddresses(database).where(eq(ledgers.keyId, keyId));
  return rows[0] ?? null;
}
