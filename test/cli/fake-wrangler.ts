import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Ran } from './run-cli.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** A fresh database with all migrations applied. */
export function openMigrated(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  for (const name of readdirSync(MIGRATIONS).toSorted()) database.exec(readFileSync(MIGRATIONS + name, 'utf8'));
  return database;
}

/** `wrangler d1 execute --json --command` on a SQLite in this process: one transaction, one result a statement. */
export function executeOn(database: DatabaseSync, args: readonly string[]): Ran {
  const statements = args[args.indexOf('--command') + 1] ?? '';
  database.exec('BEGIN');
  try {
    // Text with a semicolon or a line end is always written in hexadecimal.
    const parts = statements.split(/;\s*\n|;\s*$/).filter((part) => part.trim() !== '');
    const results = parts.map((part) => ({ results: database.prepare(part).all(), success: true }));
    database.exec('COMMIT');
    return { code: 0, stdout: JSON.stringify(results, null, 2), stderr: '' };
  } catch (error) {
    database.exec('ROLLBACK');
    const text = error instanceof Error ? error.message : String(error);
    return { code: 1, stdout: JSON.stringify({ error: { text } }, null, 2), stderr: '' };
  }
}
