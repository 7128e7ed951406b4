import { type Context, Hono } from 'hono';
import { windowStarts } from '../../ledger/windows.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { csvLine } from '../../protocol/csv.ts';
import { nanoToUsd } from '../../protocol/money.ts';
import { openDatabase } from '../../store/database.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import { readOverview, readPeriod } from './overview-data.ts';
import { OverviewPage } from './overview-page.tsx';
import { type Asked, readAsked } from './overview-range.ts';
import { nameOf } from './period.tsx';

function askedOf(c: Context<AdminEnv>): Asked {
  const { now, offset } = viewOf(c);
  return readAsked((name) => c.req.query(name), windowStarts(now, offset).day);
}

/** `/admin` itself, and what it shows of its days as a file. */
export const overview = new Hono<AdminEnv>()
  .get('/', async (c) => {
    const view = viewOf(c);
    const offered = await findOffered(c.env, runAfterIn(c.executionCtx));
    const data = await readOverview(c.env, offered, view, askedOf(c));
    return respond(c, view, <OverviewPage data={data} />);
  })
  .get('/overview.csv', async (c) => {
    const { texts } = viewOf(c);
    const { asked, days, names } = await readPeriod(openDatabase(c.env.DB), askedOf(c));
    const lines = days.map(({ day, label, requests, errors, ownErrors, providerErrors, costNanoUsd }) => {
      const whose = [errors - ownErrors - providerErrors, ownErrors, providerErrors];
      return csvLine([day, nameOf(label, names, texts), requests, errors, ...whose, nanoToUsd(costNanoUsd)]);
    });
    const columns = ['requests', 'errors', 'client_errors', 'own_errors', 'provider_errors', 'cost_usd'];
    const file = [csvLine(['day', asked.by, ...columns]), ...lines].join('');
    return c.body(file, 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="spend.csv"',
    });
  });
