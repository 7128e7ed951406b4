import { and, asc, gt, inArray } from 'drizzle-orm';
import type { Database } from './database.ts';
import { type Page, pageOf } from './page.ts';
import { type DeadLetter, deadLetters } from './schema.ts';

/** Dead letters, oldest first. The cursor is the last id seen. */
export async function listDeadLetters(
  database: Database,
  page: { cursor: string | null; limit: number },
): Promise<Page<DeadLetter>> {
  const rows = await database
    .select()
    .from(deadLetters)
    .where(and(page.cursor === null ? undefined : gt(deadLetters.id, page.cursor)))
    .orderBy(asc(deadLetters.id))
    .limit(page.limit + 1);
  return pageOf(rows, page.limit, (row) => row.id);
}

/** The letters with these ids; those that are not there are left out. */
export async function getDeadLetters(database: Database, ids: readonly string[]): Promise<DeadLetter[]> {
  return await database
    .select()
    .from(deadLetters)
    .where(inArray(deadLetters.id, [...ids]));
}

/** Answers how many there were. */
export async function deleteDeadLetters(database: Database, ids: readonly string[]): Promise<number> {
  const gone = await database
    .delete(deadLetters)
    .where(inArray(deadLetters.id, [...ids]))
    .returning();
  return gone.length;
}
