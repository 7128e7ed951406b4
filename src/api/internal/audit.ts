import { Hono } from 'hono';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { describeAudit, listAudit } from '../../store/audit.ts';
import { openDatabase } from '../../store/database.ts';
import { pageShape, readQuery } from './input.ts';

/** `GET /internal/audit`: who changed what, newest first. */
export const internalAudit = new Hono<AppEnv>()
  .get('/audit', async (c) => {
    const { limit, cursor } = readQuery(c, pageShape(/^\d+$/));
    const page = await listAudit(openDatabase(c.env.DB), limit, cursor);
    return c.json({ data: page.data.map(describeAudit), next_cursor: page.nextCursor });
  })
  .all('/audit', methodNotAllowed('GET'));
