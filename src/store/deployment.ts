import { ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { deployment } from './schema.ts';

const OFFSET = 'budget_utc_offset';

/** Keeps by which offset the router counts its days, such as +08:00. Writes only where that is new. */
export async function keepUtcOffset(database: Database, value: string): Promise<void> {
  await database
    .insert(deployment)
    .values({ name: OFFSET, value })
    .onConflictDoUpdate({ target: deployment.name, set: { value }, setWhere: ne(deployment.value, value) });
}

/** The first of the last days, today included, as a day in an offset; for null in that by which the router counts. */
export function firstOfLastDays(days: number, offset: string | null): SQL<string> {
  const kept = sql`(SELECT ${deployment.value} FROM ${deployment} WHERE ${deployment.name} = ${OFFSET})`;
  return sql<string>`date('now', coalesce(${offset}, ${kept}, '+00:00'), ${`-${days - 1} days`})`;
}
