import { getTableColumns } from 'drizzle-orm';
import { type RequestLogRow, requestLogs } from './schema.ts';

const COLUMNS = Object.entries(getTableColumns(requestLogs)).map(([member, column]) => ({ member, name: column.name }));

/** A log row as JSON shows it: by column name. */
export function describeLog(row: RequestLogRow): Record<string, unknown> {
  const values: Record<string, unknown> = { ...row };
  const described = Object.fromEntries(COLUMNS.map(({ member, name }) => [name, values[member]]));
  const details = row.attemptDetails;
  return { ...described, attempt_details: details === null ? null : JSON.parse(details) };
}
