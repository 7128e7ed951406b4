import { csvLine } from '../protocol/csv.ts';
import type { Database } from './database.ts';
import { describeLog, LOG_COLUMNS } from './describe-log.ts';
import { type LogFilter, listLogs } from './log-list.ts';

/** Rows of a file: more is a matter for `from` and `to`. */
export const MOST_ROWS = 100_000;
const ROWS_A_READ = 2_000;

/** What a file of rows is sent with. */
export const LOG_FILE_HEADERS = {
  'content-type': 'text/csv; charset=utf-8',
  'content-disposition': 'attachment; filename="requests.csv"',
};

/** All that a filter gives as a CSV file, read as fast as it is taken. A read that fails breaks the file off. */
export function logFile(
  database: Database,
  filter: LogFilter,
  start: string | null = null,
  most = MOST_ROWS,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor = start;
  let left = most;
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(csvLine(LOG_COLUMNS))),
    async pull(controller) {
      const page = await listLogs(database, { limit: Math.min(ROWS_A_READ, left), cursor, filter });
      const lines = page.data.map((row) => csvLine(Object.values(describeLog(row))));
      left -= lines.length;
      cursor = page.nextCursor;
      controller.enqueue(encoder.encode(lines.join('')));
      if (cursor === null || left === 0) controller.close();
    },
  });
}
