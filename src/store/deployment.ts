import { eq, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { deployment } from './schema.ts';

/** What is kept, each under a name of its own. */
const NAMES = {
  utcOffset: 'budget_utc_offset',
  /** The last ledger that the cron has woken. */
  wakeCursor: 'wake_cursor',
  /** How far the comparison of ledgers and D1 is, and what the last one came to; JSON. */
  ledgerRound: 'ledger_round',
  /** How the last alert went; JSON. */
  alertDelivery: 'alert_delivery',
} as const;
type Name = keyof typeof NAMES;

/** Keeps what the router must know next time, or others of it. Writes only where that is new. */
export async function keep(database: Database, name: Name, value: string): Promise<void> {
  await database
    .insert(deployment)
    .values({ name: NAMES[name], value })
    .onConflictDoUpdate({ target: deployment.name, set: { value }, setWhere: ne(deployment.value, value) });
}

/** What was kept; null where nothing was. */
export async function readKept(database: Database, name: Name): Promise<string | null> {
  const rows = await database
    .select({ value: deployment.value })
    .from(deployment)
    .where(eq(deployment.name, NAMES[name]));
  return rows[0]?.value ?? null;
}

/** The first of the last days, today included, as a day in an offset; for null in that by which the router counts. */
export function firstOfLastDays(days: number, offset: string | null): SQL<string> {
  const kept = sql`(SELECT ${deployment.value} FROM ${deployment} WHERE ${deployment.name} = ${NAMES.utcOffset})`;
  return sql<string>`date('now', coalesce(${offset}, ${kept}, '+00:00'), ${`-${days - 1} days`})`;
}
