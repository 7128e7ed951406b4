import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import { readOverview } from './overview-data.ts';
import { OverviewPage } from './overview-page.tsx';

/** `/admin` itself. */
export const overview = new Hono<AdminEnv>().get('/', async (c) => {
  const view = viewOf(c);
  const data = await readOverview(c.env, c.get('config').modelsJson, view);
  return respond(c, view, <OverviewPage data={data} />);
});
