import { type Context, Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { isolateHealth } from '../../offer/health-memory.ts';
import { checkReports, type ProviderReport, reportProviders } from '../../offer/provider-report.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { lastTrips } from '../../providers/health.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import { ProvidersPage } from './providers-page.tsx';

function placeOf(c: Context<AdminEnv>) {
  return { env: c.env, runAfter: runAfterIn(c.executionCtx) };
}

async function readReports(c: Context<AdminEnv>): Promise<ProviderReport[]> {
  const { all, providers } = await findOffered(c.env, runAfterIn(c.executionCtx));
  return reportProviders(all, providers);
}

function show(c: Context<AdminEnv>, reports: readonly ProviderReport[], isChecked: boolean) {
  const page = <ProvidersPage reports={reports} trips={lastTrips(isolateHealth())} isChecked={isChecked} />;
  return respond(c, viewOf(c, '/admin/providers'), page);
}

/** What is known of every provider; by a form's POST each is asked now, since some bill a token for it. */
export const providers = new Hono<AdminEnv>()
  .get('/providers', async (c) => show(c, await readReports(c), false))
  .post('/providers', async (c) => show(c, await checkReports(placeOf(c), c.req.url, await readReports(c)), true));
