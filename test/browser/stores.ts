import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Router } from './router.ts';

function databasesIn(folder: string): DatabaseSync[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite')
    .map((name) => new DatabaseSync(join(folder, name)));
}

/** The files of D1, of which there is one, while the router is stopped. */
export function openDatabases(router: Router): DatabaseSync[] {
  return databasesIn(join(router.state, 'd1/miniflare-D1DatabaseObject'));
}

/** The files of the keys' ledgers, one a key that was used, while the router is stopped. */
export function openLedgers(router: Router): DatabaseSync[] {
  return databasesIn(join(router.state, 'do/llm-router-KeyLedger'));
}

/** Inserts rows into the request log, in one transaction; the table's trigger keeps the daily sums. */
export function insertRows(database: DatabaseSync, rows: readonly Record<string, SQLInputValue>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const marks = columns.map(() => '?').join(', ');
  const names = columns.map((column) => `"${column}"`).join(', ');
  const insert = database.prepare(`INSERT INTO request_logs (${names}) VALUES (${marks})`);
  database.exec('BEGIN');
  for (const row of rows) insert.run(...Object.values(row));
  database.exec('COMMIT');
}
