import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { isolateHealth } from '../../offer/health-memory.ts';
import {
  type CredentialReport,
  checkReports,
  type ProviderReport,
  reportProviders,
} from '../../offer/provider-report.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { lastTrips, type Standing, type Trip } from '../../providers/health.ts';
import type { LiveCheck } from '../../providers/live-check.ts';
import { readQuery } from './input.ts';

function timeOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

function describeStanding({ reason, until, well }: Standing) {
  return { well, until: timeOf(until), reason };
}

/** The live check in the words of the API. */
function describeCheck({ ok, latencyMs, problem, balance, unlisted }: LiveCheck) {
  return { ok, latency_ms: latencyMs, problem, balance, unlisted_models: unlisted };
}

function describeCredential({ check, label, standing }: CredentialReport) {
  return { label, ...describeStanding(standing), check: check === null ? null : describeCheck(check) };
}

function describe({ configured, credentials, isActive, provider, standing }: ProviderReport) {
  const checks = credentials.flatMap(({ check }) => check ?? []);
  // One for all of its keys: the first that fails, else the first.
  const check = checks.find(({ ok }) => !ok) ?? checks[0];
  return {
    id: provider.id,
    name: provider.name,
    configured: configured !== null,
    status: isActive ? 'active' : 'disabled',
    ...describeStanding(standing),
    key_variable: provider.variables?.apiKey ?? null,
    base_url_variable: provider.variables?.baseUrl ?? null,
    base_url: configured?.baseUrl ?? provider.baseUrl,
    models: provider.models.map(({ id }) => `${provider.id}/${id}`),
    credentials: credentials.map(describeCredential),
    check: check === undefined ? null : describeCheck(check),
  };
}

function describeTrip({ label, provider, reason, until }: Trip) {
  return { provider, credential: label, reason, until: timeOf(until) };
}

const queryShape = { check: z.optional(z.enum(['true', 'false'], 'must be true or false')) };

/**
 * `GET /internal/providers`: what there is, and how each of its keys stands in this isolate; with `?check=true` what works
 * from here, right now. `trips` are the last that this isolate met.
 */
export const internalProviders = new Hono<AppEnv>()
  .get('/providers', async (c) => {
    const { check } = readQuery(c, queryShape);
    const place = { env: c.env, runAfter: runAfterIn(c.executionCtx) };
    const { all, providers } = await findOffered(place.env, place.runAfter);
    const reports = reportProviders(all, providers);
    const data = check === 'true' ? await checkReports(place, c.req.url, reports) : reports;
    return c.json({ data: data.map(describe), trips: lastTrips(isolateHealth()).map(describeTrip) });
  })
  .all('/providers', methodNotAllowed('GET'));
