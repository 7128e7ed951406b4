import { and, desc, eq, lt, or, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { type Page, pageOf } from './page.ts';
import { type RequestLogRow, requestLogs } from './schema.ts';

/** Which requests to list; what is left out does not narrow. */
export interface RequestFilter {
  keyId?: string | null;
  owner?: string | null;
  /** `provider/model`, the model alone, or the name that was asked for. */
  model?: string | null;
  /** An end such as `timeout`, or `failed` for all but `completed` and `client_gone`. */
  end?: string | null;
}

function ends(end: string) {
  return end === 'failed' ? sql`${requestLogs.end} NOT IN ('completed', 'client_gone')` : eq(requestLogs.end, end);
}

function named(model: string) {
  return or(
    eq(sql`${requestLogs.provider} || '/' || ${requestLogs.model}`, model),
    eq(requestLogs.model, model),
    eq(requestLogs.requestedModel, model),
  );
}

/** Requests that have settled, newest first. `cursor` is a request id. */
export async function listRequests(
  database: Database,
  page: { limit: number; cursor: string | null; filter: RequestFilter },
): Promise<Page<RequestLogRow>> {
  const { keyId, owner, model, end } = page.filter;
  const rows = await database
    .select()
    .from(requestLogs)
    .where(
      and(
        eq(requestLogs.kind, 'settle'),
        page.cursor ? lt(requestLogs.requestId, page.cursor) : undefined,
        keyId ? eq(requestLogs.keyId, keyId) : undefined,
        owner ? eq(requestLogs.owner, owner) : undefined,
        model ? named(model) : undefined,
        end ? ends(end) : undefined,
      ),
    )
    .orderBy(desc(requestLogs.requestId))
    .limit(page.limit + 1);
  return pageOf(rows, page.limit, (row) => row.requestId);
}
