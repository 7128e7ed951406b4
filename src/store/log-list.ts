import { and, desc, eq, gte, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import { requestIdFloor } from '../protocol/request-id.ts';
import type { Database } from './database.ts';
import { type Page, pageOf } from './page.ts';
import { apiKeys, type RequestLogRow, requestLogs } from './schema.ts';

/** Which rows to list; what is left out does not narrow. */
export interface LogFilter {
  kind?: RequestLogRow['kind'] | undefined;
  keyId?: string | undefined;
  owner?: string | undefined;
  /** The team that its money was of. */
  team?: string | undefined;
  /** `provider/model`, the model alone, or the name that was asked for. */
  model?: string | undefined;
  /** An end such as `timeout`, or `failed` for all but `completed` and `client_gone`. */
  end?: string | undefined;
  /** The error's code. */
  error?: string | undefined;
  /** What its key is called: several may be called the same. */
  keyName?: string | undefined;
  endpoint?: string | undefined;
  session?: string | undefined;
  tag?: { name: string; value: string } | undefined;
  /** Days (YYYY-MM-DD) that rows count for, both included. */
  from?: string | undefined;
  to?: string | undefined;
  /** When requests began, ms since 1970: not before the one, and before the other. */
  since?: number | undefined;
  until?: number | undefined;
}

/** Rows that one page looks at, so that a filter which few of millions meet answers in a moment too. */
const MOST_LOOKED_AT = 10_000;
const DAY_MS = 86_400_000;
/** A row counts for the day that it was settled on. That comes no later: a ledger then forgets what was settled. */
const LONGEST_SETTLING_MS = 3 * DAY_MS;

function ends(end: string): SQL {
  return end === 'failed' ? sql`${requestLogs.end} NOT IN ('completed', 'client_gone')` : eq(requestLogs.end, end);
}

function named(model: string): SQL | undefined {
  return or(
    eq(sql`${requestLogs.provider} || '/' || ${requestLogs.model}`, model),
    eq(requestLogs.model, model),
    eq(requestLogs.requestedModel, model),
  );
}

/** What an index finds, a key's rows and a span of request ids, which begin with their time; and what nearly all rows meet. */
export function spanned({ kind, keyId, from, to, since, until }: LogFilter, cursor: string | null): SQL | undefined {
  const [id, lastKind = ''] = cursor?.split('/') ?? [];
  return and(
    keyId ? eq(requestLogs.keyId, keyId) : undefined,
    id === undefined ? undefined : sql`(${requestLogs.requestId}, ${requestLogs.kind}) < (${id}, ${lastKind})`,
    kind ? eq(requestLogs.kind, kind) : undefined,
    // Generous by a day, since days begin where BUDGET_UTC_OFFSET says.
    from ? gte(requestLogs.requestId, requestIdFloor(Date.parse(from) - DAY_MS - LONGEST_SETTLING_MS)) : undefined,
    to ? lt(requestLogs.requestId, requestIdFloor(Date.parse(to) + 2 * DAY_MS)) : undefined,
    since === undefined ? undefined : gte(requestLogs.requestId, requestIdFloor(since)),
    until === undefined ? undefined : lt(requestLogs.requestId, requestIdFloor(until)),
  );
}

/** What has to be looked at row by row; undefined for nothing. */
function looked(filter: LogFilter): SQL | undefined {
  const { owner, team, keyName, model, end, error, endpoint, session, tag, from, to } = filter;
  return and(
    owner ? eq(requestLogs.owner, owner) : undefined,
    team ? eq(requestLogs.team, team) : undefined,
    model ? named(model) : undefined,
    end ? ends(end) : undefined,
    error ? eq(requestLogs.errorCode, error) : undefined,
    keyName ? sql`${requestLogs.keyId} IN (SELECT id FROM ${apiKeys} WHERE name = ${keyName})` : undefined,
    endpoint ? eq(requestLogs.endpoint, endpoint) : undefined,
    session ? eq(requestLogs.session, session) : undefined,
    // Rows may be edited by hand, and what is no JSON would fail the whole list.
    tag
      ? sql`iif(json_valid(${requestLogs.tags}), json_extract(${requestLogs.tags}, ${`$."${tag.name}"`}), NULL) = ${tag.value}`
      : undefined,
    from ? gte(requestLogs.day, from) : undefined,
    to ? lte(requestLogs.day, to) : undefined,
  );
}

/** The form of a cursor: `request id/kind` of the last row that was looked at. */
export const LOG_CURSOR = /^req_\w+\/(settle|adjust)$/;

/** Where a row stands in the list: what comes later is less. */
function cursorOf(row: RequestLogRow): string {
  return `${row.requestId}/${row.kind}`;
}

/** Rows, newest first. A page that a filter leaves empty may have a next one all the same. */
export async function listLogs(
  database: Database,
  page: { limit: number; cursor: string | null; filter: LogFilter },
): Promise<Page<RequestLogRow>> {
  const within = spanned(page.filter, page.cursor);
  const last = database
    .select({ id: requestLogs.requestId })
    .from(requestLogs)
    .where(within)
    .orderBy(desc(requestLogs.requestId))
    .limit(1)
    .offset(MOST_LOOKED_AT - 1);
  const filter = looked(page.filter);
  const isBounded = filter === undefined ? undefined : gte(requestLogs.requestId, sql`coalesce(${last}, '')`);
  const [rows, [bound]] = await database.batch([
    database
      .select()
      .from(requestLogs)
      .where(and(within, filter, isBounded))
      .orderBy(desc(requestLogs.requestId), desc(requestLogs.kind))
      .limit(page.limit + 1),
    last,
  ]);
  const found = pageOf(rows, page.limit, cursorOf);
  if (found.nextCursor !== null || filter === undefined || bound === undefined) return found;
  return { data: found.data, nextCursor: `${bound.id}/adjust` };
}

/** Keys whose rows one page reads. */
const MOST_KEYS = 50;

/** The newest row that the page may show of each of these keys, the newest first; keys without one are left out. */
async function newestOf(
  database: Database,
  keyIds: readonly string[],
  { cursor, filter }: { cursor: string | null; filter: LogFilter },
  most: number,
): Promise<{ keyId: string; requestId: string }[]> {
  const own = and(eq(requestLogs.keyId, sql`asked.value`), spanned(filter, cursor));
  return await database.all(sql`
    SELECT "keyId", "requestId" FROM (
      SELECT asked.value AS "keyId", (SELECT ${requestLogs.requestId} FROM ${requestLogs} WHERE ${own}
        ORDER BY ${requestLogs.requestId} DESC LIMIT 1) AS "requestId"
      FROM json_each(${JSON.stringify(keyIds)}) AS asked
    ) WHERE "requestId" IS NOT NULL ORDER BY "requestId" DESC LIMIT ${most}`);
}

/**
 * The same of several keys, in one list. An index finds the rows of a key, and none those of a person: the keys that were
 * used last are asked for their own, and what lies behind the first that was not read to its end waits for the next page.
 */
export async function listLogsOfKeys(
  database: Database,
  keyIds: readonly string[],
  page: { limit: number; cursor: string | null; filter: LogFilter },
): Promise<Page<RequestLogRow>> {
  // A page's rows are of no more keys than they are.
  const most = Math.min(page.limit + 1, MOST_KEYS);
  const newest = await newestOf(database, keyIds, page, most + 1);
  const pages = await Promise.all(
    newest.slice(0, most).map(({ keyId }) => listLogs(database, { ...page, filter: { ...page.filter, keyId } })),
  );
  const unread = newest[most];
  const bounds = pages.flatMap(({ nextCursor }) => nextCursor ?? []);
  // Just before its newest row: ids are all of one length.
  if (unread !== undefined) bounds.push(`${unread.requestId}0/adjust`);
  const bound = bounds.toSorted().at(-1) ?? null;
  const rows = pages
    .flatMap(({ data }) => data)
    .filter((row) => bound === null || cursorOf(row) >= bound)
    .toSorted((one, other) => (cursorOf(one) < cursorOf(other) ? 1 : -1));
  const found = pageOf(rows, page.limit, cursorOf);
  return { data: found.data, nextCursor: found.nextCursor ?? bound };
}
