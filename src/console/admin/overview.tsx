import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { respond } from '../kit/respond.ts';
import { viewOf } from '../kit/view.ts';
import { readLedgerLight } from './ledger-light.ts';
import { readOverview } from './overview-data.ts';
import { OverviewPage } from './overview-page.tsx';

/** `/admin` itself. */
export const overview = new Hono<AdminEnv>().get('/', async (c) => {
  const view = viewOf(c);
  const [data, ledger] = await Promise.all([
    readOverview(c.env, c.get('config').modelsJson, view),
    readLedgerLight(c.env),
  ]);
  return respond(c, <OverviewPage view={view} data={data} ledger={ledger} />);
});
