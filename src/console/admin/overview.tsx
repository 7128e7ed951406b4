import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import { readOverview } from './overview-data.ts';
import { OverviewPage } from './overview-page.tsx';

/** `/admin` itself. */
export const overview = new Hono<AdminEnv>().get('/', async (c) => {
  const view = viewOf(c);
  const offered = await findOffered(c.env, runAfterIn(c.executionCtx));
  const data = await readOverview(c.env, offered, view);
  return respond(c, view, <OverviewPage data={data} />);
});
