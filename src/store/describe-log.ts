import { getTableColumns } from 'drizzle-orm';
import { parseJson } from '../protocol/json.ts';
import { readAttemptDetails } from './attempt-details.ts';
import { type RequestLogRow, requestLogs } from './schema.ts';

const COLUMNS = Object.entries(getTableColumns(requestLogs)).map(([member, column]) => ({ member, name: column.name }));

/** The members of a described row, in order. */
export const LOG_COLUMNS: readonly string[] = COLUMNS.map(({ name }) => name);

/** A log row as JSON shows it: by column name. */
export function describeLog(row: RequestLogRow): Record<string, unknown> {
  const values: Record<string, unknown> = { ...row };
  const described = Object.fromEntries(COLUMNS.map(({ member, name }) => [name, values[member]]));
  const tags = row.tags === null ? null : (parseJson(row.tags) ?? null);
  return { ...described, tags, attempt_details: readAttemptDetails(row) };
}
