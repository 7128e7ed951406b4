import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { csvLine } from '../../protocol/csv.ts';
import { RouterError } from '../../protocol/errors.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { describeLog, LOG_COLUMNS } from '../../store/describe-log.ts';
import { LOG_CURSOR, type LogFilter, listLogs } from '../../store/log-list.ts';
import { getLog } from '../../store/logs.ts';
import { daysShape, noQuery, pageShape, readQuery } from './input.ts';

const ENDS = ['completed', 'client_gone', 'upstream_failed', 'rejected', 'timeout', 'failed'];
const text = z.optional(z.string());

const TAG_RULE = 'must be name=value';
const tagSchema = z.pipe(
  z.string().check(z.regex(/^[\w.-]{1,40}=[\w.-]{1,40}$/, TAG_RULE)),
  z.transform((tag) => ({ name: tag.slice(0, tag.indexOf('=')), value: tag.slice(tag.indexOf('=') + 1) })),
);

const queryShape = {
  ...{ key: text, user: text, model: text, endpoint: text, session: text },
  end: z.optional(z.enum(ENDS, `must be one of ${ENDS.join(', ')}`)),
  tag: z.optional(tagSchema),
  ...daysShape,
  ...pageShape(LOG_CURSOR),
  format: z._default(z.enum(['json', 'csv'], 'must be json or csv'), 'json'),
};

/** Rows of a file: more is a matter for `from` and `to`. */
const MOST_ROWS = 100_000;
const ROWS_A_READ = 2_000;

/** All that a filter gives as a CSV file, read as fast as it is taken. A read that fails breaks the file off. */
function csvOf(database: Database, filter: LogFilter, start: string | null, most: number): ReadableStream<Uint8Array> {
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

const CSV_HEADERS = {
  'content-type': 'text/csv; charset=utf-8',
  'content-disposition': 'attachment; filename="requests.csv"',
};

/** `/internal/logs`: the request log, newest first. A request's row comes some seconds after its end. */
export const internalLogs = new Hono<AppEnv>({ strict: false })
  .use('/:id/*', noQuery)
  .get('/', async (c) => {
    const { key, user, limit, cursor, format, ...asked } = readQuery(c, queryShape);
    const database = openDatabase(c.env.DB);
    const filter = { ...asked, keyId: key, owner: user };
    if (format === 'csv') {
      // Without a limit a file holds all that there is.
      const most = c.req.query('limit') ? limit : MOST_ROWS;
      return c.body(csvOf(database, filter, cursor, most), 200, CSV_HEADERS);
    }
    const page = await listLogs(database, { limit, cursor, filter });
    return c.json({ data: page.data.map(describeLog), next_cursor: page.nextCursor });
  })
  .get('/:id', async (c) => {
    const id = c.req.param('id');
    const rows = await getLog(openDatabase(c.env.DB), id);
    const settle = rows.find((row) => row.kind === 'settle');
    if (settle === undefined) {
      const message = `There is no row of request ${id}. It comes within 10 s of the request's end; older rows are deleted.`;
      throw new RouterError('not_found', message, { param: 'request_id' });
    }
    const adjust = rows.find((row) => row.kind === 'adjust');
    return c.json({ ...describeLog(settle), ...(adjust === undefined ? {} : { adjust: describeLog(adjust) }) });
  })
  .all('/', methodNotAllowed('GET'))
  .all('/:id', methodNotAllowed('GET'));
