import { type AnyD1Database, drizzle } from 'drizzle-orm/d1';
import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';
import type { SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy';

/**
 * What named queries take: D1 in the Worker, `wrangler d1 execute` in the CLI.
 * `batch` runs several statements in one call and one transaction.
 */
export type Database = BaseSQLiteDatabase<'async', unknown> & Pick<SqliteRemoteDatabase, 'batch'>;

/** The Worker's database. */
export function openDatabase(binding: AnyD1Database): Database {
  return drizzle(binding);
}
