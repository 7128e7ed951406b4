import { type AnyD1Database, drizzle } from 'drizzle-orm/d1';
import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';
import type { SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy';
import { whileBusy } from './while-busy.ts';

/**
 * What named queries take: D1 in the Worker, `wrangler d1 execute` in the CLI.
 * `batch` runs several statements in one call and one transaction.
 */
export type Database = BaseSQLiteDatabase<'async', unknown> & Pick<SqliteRemoteDatabase, 'batch'>;

/** Of D1 what Drizzle calls. */
interface Statement {
  bind(...values: unknown[]): Statement;
  first(): Promise<unknown>;
  run(): Promise<unknown>;
  all(): Promise<unknown>;
  raw(): Promise<unknown>;
}
interface Binding {
  prepare(sql: string): Statement;
  batch(statements: readonly Statement[]): Promise<unknown>;
}

/** The same database, whose every call is made again while it is busy. */
function patient(binding: Binding): Binding {
  const inner = new WeakMap<Statement, Statement>();
  function wrap(statement: Statement): Statement {
    const wrapped: Statement = {
      bind: (...values) => wrap(statement.bind(...values)),
      first: () => whileBusy(() => statement.first()),
      run: () => whileBusy(() => statement.run()),
      all: () => whileBusy(() => statement.all()),
      raw: () => whileBusy(() => statement.raw()),
    };
    inner.set(wrapped, statement);
    return wrapped;
  }
  return {
    prepare: (sql) => wrap(binding.prepare(sql)),
    batch: (statements) => whileBusy(() => binding.batch(statements.map((each) => inner.get(each) ?? each))),
  };
}

/** The Worker's database. */
export function openDatabase(binding: AnyD1Database): Database {
  // Drizzle's type asks for all of D1; it calls what `Binding` has.
  return drizzle(patient(binding) as AnyD1Database);
}
