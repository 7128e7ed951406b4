import { Hono } from 'hono';
import * as z from 'zod/mini';
import { ENDPOINTS } from '../../dialects/dialect.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { RouterError } from '../../protocol/errors.ts';
import { nanoToUsd } from '../../protocol/money.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { describeLog } from '../../store/describe-log.ts';
import { LOG_FILE_HEADERS, logFile, MOST_ROWS } from '../../store/log-file.ts';
import { LOG_CURSOR, type LogFilter, listLogs } from '../../store/log-list.ts';
import { getLog } from '../../store/logs.ts';
import { sumOfSession } from '../../store/session-sum.ts';
import { daysShape, noQuery, pageShape, readQuery } from './input.ts';

const ENDS = ['completed', 'client_gone', 'upstream_failed', 'rejected', 'timeout', 'failed'];
const text = z.optional(z.string());

const TAG_RULE = 'must be name=value';
const tagSchema = z.pipe(
  z.string().check(z.regex(/^[\w.-]{1,40}=[\w.-]{1,40}$/, TAG_RULE)),
  z.transform((tag) => ({ name: tag.slice(0, tag.indexOf('=')), value: tag.slice(tag.indexOf('=') + 1) })),
);

const queryShape = {
  ...{ key: text, user: text, team: text, model: text, session: text },
  endpoint: z.optional(z.enum(ENDPOINTS, `must be one of ${ENDPOINTS.join(', ')}`)),
  end: z.optional(z.enum(ENDS, `must be one of ${ENDS.join(', ')}`)),
  tag: z.optional(tagSchema),
  ...daysShape,
  ...pageShape(LOG_CURSOR),
  format: z._default(z.enum(['json', 'csv'], 'must be json or csv'), 'json'),
};

/** Sessions of one name that are summed up: each is another key's. */
const MOST_SESSIONS = 5;

/** What the session that was asked for has come to, by key: all its requests of these days, whatever else narrows the list. */
async function sumSessions(
  database: Database,
  session: string,
  keyIds: readonly string[],
  { from, to }: Pick<LogFilter, 'from' | 'to'>,
) {
  const asked = [...new Set(keyIds)].slice(0, MOST_SESSIONS);
  const sums = await Promise.all(asked.map((keyId) => sumOfSession(database, { keyId, session, from, to })));
  return sums.map((sum) => ({
    key_id: sum.keyId,
    session,
    requests: sum.requests,
    input_tokens: sum.inputTokens,
    output_tokens: sum.outputTokens,
    cost_nano_usd: sum.costNanoUsd,
    cost_usd: nanoToUsd(sum.costNanoUsd),
    first_at: sum.firstAt,
    last_at: sum.lastAt,
    complete: sum.complete,
  }));
}

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
      return c.body(logFile(database, filter, cursor, most), 200, LOG_FILE_HEADERS);
    }
    const page = await listLogs(database, { limit, cursor, filter });
    const found = { data: page.data.map(describeLog), next_cursor: page.nextCursor };
    if (asked.session === undefined || cursor !== null) return c.json(found);
    const keyIds = key === undefined ? page.data.map(({ keyId }) => keyId) : [key];
    return c.json({ ...found, sessions: await sumSessions(database, asked.session, keyIds, asked) });
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
