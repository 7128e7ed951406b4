import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { openDatabase } from '../../store/database.ts';
import { LOG_CURSOR, listLogs } from '../../store/log-list.ts';
import { getLog } from '../../store/logs.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import { MissingRequest, RequestPage } from './request-page.tsx';
import { RequestsPage } from './requests-page.tsx';

const PAGE_SIZE = 50;
const LONGEST_FILTER = 200;

/** `/admin/requests`: the log, and one request. */
export const requests = new Hono<AdminEnv>()
  .get('/requests', async (c) => {
    const read = (name: string) => (c.req.query(name) ?? '').trim().slice(0, LONGEST_FILTER);
    const filter = { keyId: read('key'), owner: read('owner'), model: read('model'), end: read('end') };
    const cursor = LOG_CURSOR.test(read('cursor')) ? read('cursor') : null;
    const page = await listLogs(openDatabase(c.env.DB), {
      limit: PAGE_SIZE,
      cursor,
      filter: { ...filter, kind: 'settle' },
    });
    return respond(c, viewOf(c), <RequestsPage page={page} filter={filter} cursor={cursor} />);
  })
  .get('/requests/:id', async (c) => {
    const view = viewOf(c);
    const rows = await getLog(openDatabase(c.env.DB), c.req.param('id'));
    const settle = rows.find((row) => row.kind === 'settle');
    if (settle === undefined) return respond(c, view, <MissingRequest id={c.req.param('id')} />, 404);
    const adjust = rows.find((row) => row.kind === 'adjust') ?? null;
    return respond(c, view, <RequestPage row={settle} adjust={adjust} />);
  });
