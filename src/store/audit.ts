import { desc, lt, type SQL, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Database } from './database.ts';
import { type Page, pageOf } from './page.ts';
import { type Actor, type AuditRow, audit } from './schema.ts';

/** What an audit row says beside its time. */
export interface AuditEntry {
  actor: Actor;
  action: string;
  target: string;
  /** What was set. Never a secret or a hash. */
  details?: Record<string, unknown>;
}

/** The statement that writes an audit row, for a batch with the change itself. */
export function auditOf(database: Database, entry: AuditEntry) {
  const details = entry.details === undefined ? null : JSON.stringify(entry.details);
  return database.insert(audit).values({ ...entry, details, at: new Date().toISOString() });
}

/** Writes an audit row for a change that has been made. */
export async function writeAudit(database: Database, entry: AuditEntry): Promise<void> {
  await auditOf(database, entry);
}

/**
 * The statement that writes an audit row if `table` has a row that meets `condition`:
 * put before the change in one batch, it writes nothing for a change that will not happen.
 */
export function auditWhere(database: Database, entry: AuditEntry, table: SQLiteTable, condition: SQL | undefined) {
  const details = entry.details === undefined ? null : JSON.stringify(entry.details);
  return database.insert(audit).select(
    database
      .select({
        id: sql<number>`null`.as('id'),
        at: sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`.as('at'),
        actor: sql<Actor>`${entry.actor}`.as('actor'),
        action: sql<string>`${entry.action}`.as('action'),
        target: sql<string>`${entry.target}`.as('target'),
        details: sql<string | null>`${details}`.as('details'),
      })
      .from(table)
      .where(condition),
  );
}

/** The audit rows, newest first. `cursor` is a row's id. */
export async function listAudit(database: Database, limit: number, cursor: string | null): Promise<Page<AuditRow>> {
  const rows = await database
    .select()
    .from(audit)
    .where(cursor === null ? undefined : lt(audit.id, Number(cursor)))
    .orderBy(desc(audit.id))
    .limit(limit + 1);
  return pageOf(rows, limit, (row) => String(row.id));
}
