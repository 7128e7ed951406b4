import { drizzle } from 'drizzle-orm/d1';
import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';

/** What named queries take: D1 in the Worker, `wrangler d1 execute` in the CLI. */
export type Database = BaseSQLiteDatabase<'async', unknown>;

/** The Worker's database. */
export function openDatabase(binding: D1Database): Database {
  return drizzle(binding);
}
