import { Hono } from 'hono';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { RouterError } from '../../protocol/errors.ts';
import { openDatabase } from '../../store/database.ts';
import { describeLog } from '../../store/describe-log.ts';
import { getLog, listLogs } from '../../store/logs.ts';
import { readPage } from './input.ts';

/** `/internal/logs`: the request log, newest first. A request's row comes some seconds after its end. */
export const internalLogs = new Hono<AppEnv>({ strict: false })
  .get('/', async (c) => {
    const page = await listLogs(openDatabase(c.env.DB), {
      ...readPage(c, /^req_\w+\/(settle|adjust)$/),
      keyId: c.req.query('key') || null,
    });
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
