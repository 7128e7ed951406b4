import { and, desc, eq, gte, lte, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { type LogFilter, spanned } from './log-list.ts';
import { requestLogs } from './schema.ts';

/** What a session has come to. A session belongs to one key: another key's of that name is another one. */
export interface SessionSum {
  keyId: string;
  requests: number;
  inputTokens: number;
  outputTokens: number;
  /** Integer nano-USD, later corrections included. */
  costNanoUsd: number;
  /** When its first and last requests began; null where none was found. */
  firstAt: string | null;
  lastAt: string | null;
  /** False where the key has more rows than are looked at: it may have come to more. */
  complete: boolean;
}

/** Rows of a key that a sum looks at, the newest of them. */
const MOST_LOOKED_AT = 20_000;

/** Sums up a session in its key's rows, of the days or the time that are given. */
export async function sumOfSession(
  database: Database,
  { keyId, session, ...span }: { keyId: string; session: string } & Pick<LogFilter, 'from' | 'to' | 'since' | 'until'>,
): Promise<SessionSum> {
  const { from, to } = span;
  const rows = database
    .select()
    .from(requestLogs)
    .where(spanned({ keyId, ...span }, null))
    .orderBy(desc(requestLogs.requestId))
    .limit(MOST_LOOKED_AT + 1)
    .as('rows_of_key');
  const isOwn = and(
    eq(rows.session, session),
    from ? gte(rows.day, from) : undefined,
    to ? lte(rows.day, to) : undefined,
  );
  const [sum] = await database
    .select({
      looked: sql<number>`count(*)`,
      requests: sql<number>`coalesce(sum(iif(${isOwn} AND ${rows.kind} = 'settle', 1 + ${rows.repeated}, 0)), 0)`,
      inputTokens: sql<number>`coalesce(sum(iif(${isOwn}, ${rows.inputTokens}, 0)), 0)`,
      outputTokens: sql<number>`coalesce(sum(iif(${isOwn}, ${rows.outputTokens}, 0)), 0)`,
      costNanoUsd: sql<number>`coalesce(sum(iif(${isOwn}, ${rows.costNanoUsd}, 0)), 0)`,
      firstAt: sql<string | null>`min(iif(${isOwn}, ${rows.startedAt}, NULL))`,
      lastAt: sql<string | null>`max(iif(${isOwn}, ${rows.startedAt}, NULL))`,
    })
    .from(rows);
  if (sum === undefined) throw new Error('The database summed up a session but did not answer.');
  const { looked, ...sums } = sum;
  return { keyId, ...sums, complete: looked <= MOST_LOOKED_AT };
}
