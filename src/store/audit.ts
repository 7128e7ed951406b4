import { desc, lt, type SQL, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { parseJson } from '../protocol/json.ts';
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

/** `maxConcurrent` as the API and the command line write it: `max_concurrent`. */
function columnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What was set, by column name: people read it in D1, too. */
function detailsText({ details }: AuditEntry): string | null {
  if (details === undefined) return null;
  return JSON.stringify(Object.fromEntries(Object.entries(details).map(([name, set]) => [columnName(name), set])));
}

/** The statement that writes an audit row, for a batch with the change itself. */
export function auditOf(database: Database, entry: AuditEntry) {
  return database.insert(audit).values({ ...entry, details: detailsText(entry), at: new Date().toISOString() });
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
  return database.insert(audit).select(
    database
      .select({
        id: sql<number>`null`.as('id'),
        at: sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`.as('at'),
        actor: sql<Actor>`${entry.actor}`.as('actor'),
        action: sql<string>`${entry.action}`.as('action'),
        target: sql<string>`${entry.target}`.as('target'),
        details: sql<string | null>`${detailsText(entry)}`.as('details'),
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

/** What a row says was set. Rows may be edited by hand: what is no JSON stays the text that it is. */
export function settingsOf({ details }: AuditRow): unknown {
  if (details === null) return null;
  return parseJson(details) ?? details;
}

/** A row as JSON shows it. */
export function describeAudit(row: AuditRow) {
  return { ...row, details: settingsOf(row) };
}
