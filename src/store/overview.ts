import { and, asc, desc, eq, gte, inArray, isNotNull, or, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { requestLogs, usageDaily } from './schema.ts';
import { totalsOfDays } from './usage-totals.ts';
import { failed, ownFailed, providerFailed } from './whose-errors.ts';

/*
 * What the console draws. Sums come from usage_daily, which outlives the log; what is finer than a day
 * comes from the last hours of request_logs, found by the time in the request id.
 */

/** The first days (YYYY-MM-DD) of the running budget windows. */
export interface WindowStarts {
  day: string;
  week: string;
  month: string;
}

/** Integer nano-USD. */
export interface WindowSpend {
  day: number;
  week: number;
  month: number;
}

function sumOf(value: SQL, name: string): SQL.Aliased<number> {
  return sql<number>`coalesce(sum(${value}), 0)`.as(name);
}

/** One model's day. Money is integer nano-USD. */
export interface DailySpend {
  day: string;
  /** `provider/model`. */
  model: string;
  requests: number;
  errors: number;
  costNanoUsd: number;
}

/** Spend by day and model from a day on, of one key or person. */
export async function dailySpend(
  database: Database,
  from: string,
  of: { keyId: string } | { owner: string },
): Promise<DailySpend[]> {
  const whose = 'keyId' in of ? eq(usageDaily.keyId, of.keyId) : eq(usageDaily.owner, of.owner);
  return await database
    .select({
      day: usageDaily.day,
      model: sql<string>`${usageDaily.provider} || '/' || ${usageDaily.model}`.as('named_model'),
      requests: sumOf(sql`${usageDaily.requests}`, 'request_count'),
      errors: sumOf(sql`${usageDaily.errors}`, 'error_count'),
      costNanoUsd: sumOf(sql`${usageDaily.costNanoUsd}`, 'cost'),
    })
    .from(usageDaily)
    .where(and(gte(usageDaily.day, from), whose))
    .groupBy(usageDaily.day, usageDaily.provider, usageDaily.model)
    .orderBy(asc(usageDaily.day));
}

/** The same of a team, up to a day. */
export async function dailySpendOfTeam(
  database: Database,
  team: string,
  { from, to }: { from: string; to: string },
): Promise<DailySpend[]> {
  return await database.all<DailySpend>(sql`
    SELECT day, provider || '/' || model AS model, sum(requests) AS requests, sum(errors) AS errors,
      sum(cost_nano_usd) AS "costNanoUsd"
    FROM ${totalsOfDays(from, to)} WHERE team = ${team} GROUP BY day, provider, model ORDER BY day`);
}

const providerServed = sql`${requestLogs.end} IN ('completed', 'client_gone')`;

function settledSince(fromRequestId: string): SQL | undefined {
  return and(gte(requestLogs.requestId, fromRequestId), eq(requestLogs.kind, 'settle'));
}

/** One hour of all requests. */
export interface HourlyTraffic {
  /** YYYY-MM-DDTHH in the given offset. */
  hour: string;
  requests: number;
  errors: number;
  /** Of the errors, those that the providers and this router made: what is left are the clients'. */
  providerErrors: number;
  ownErrors: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
}

/** Requests by hour from a request id on. Hours without any are left out. */
export async function hourlyTraffic(
  database: Database,
  fromRequestId: string,
  offsetMinutes: number,
): Promise<HourlyTraffic[]> {
  const hour = sql<string>`strftime('%Y-%m-%dT%H', ${requestLogs.startedAt}, ${`${offsetMinutes} minutes`})`;
  return await database
    .select({
      hour: hour.as('hour'),
      // A row of refusals stands for more than itself.
      requests: sumOf(sql`1 + ${requestLogs.repeated}`, 'request_count'),
      errors: sumOf(sql`${failed} * (1 + ${requestLogs.repeated})`, 'error_count'),
      providerErrors: sumOf(sql`${providerFailed} * (1 + ${requestLogs.repeated})`, 'provider_errors'),
      ownErrors: sumOf(sql`${ownFailed} * (1 + ${requestLogs.repeated})`, 'own_errors'),
      inputTokens: sumOf(sql`${requestLogs.inputTokens}`, 'input'),
      cachedTokens: sumOf(sql`${requestLogs.cachedTokens}`, 'cached'),
      outputTokens: sumOf(sql`${requestLogs.outputTokens}`, 'output'),
    })
    .from(requestLogs)
    .where(settledSince(fromRequestId))
    .groupBy(sql`hour`)
    .orderBy(sql`hour`);
}

/** Times to the first token in ms; null where nothing was measured. */
export interface FirstTokenTimes {
  median: number | null;
  p95: number | null;
}

/** How many of the newest requests the times to the first token are taken from. */
const TIMED_REQUESTS = 2_000;

/** The middle and the slow end of the newest requests' times to the first token. */
export async function firstTokenTimes(database: Database, fromRequestId: string): Promise<FirstTokenTimes> {
  const newest = await database
    .select({ time: requestLogs.firstTokenMs })
    .from(requestLogs)
    .where(and(settledSince(fromRequestId), isNotNull(requestLogs.firstTokenMs)))
    .orderBy(desc(requestLogs.requestId))
    .limit(TIMED_REQUESTS);
  const times = newest.map((row) => row.time ?? 0).sort((one, other) => one - other);
  const at = (share: number) => times[Math.max(0, Math.ceil(times.length * share) - 1)] ?? null;
  return { median: at(0.5), p95: at(0.95) };
}

/** How one provider has served. */
export interface ProviderTraffic {
  provider: string;
  /** Those that it answered as it should or failed to: not those that a client's mistake ended. */
  requests: number;
  /** Those of them that it failed. */
  failures: number;
  lastFailure: { at: string; code: string | null } | null;
}

/** How each provider has served from a request id on. */
export async function providerTraffic(database: Database, fromRequestId: string): Promise<ProviderTraffic[]> {
  const rows = await database
    .select({
      provider: sql<string>`${requestLogs.provider}`.as('served_by'),
      requests: sql<number>`count(*)`.as('request_count'),
      failures: sumOf(providerFailed, 'failure_count'),
      lastFailure: sql<string | null>`max(CASE WHEN ${providerFailed} THEN ${requestLogs.requestId} END)`.as(
        'last_failure',
      ),
    })
    .from(requestLogs)
    .where(and(settledSince(fromRequestId), isNotNull(requestLogs.provider), or(providerServed, providerFailed)))
    .groupBy(requestLogs.provider);
  const ids = rows.flatMap((row) => (row.lastFailure === null ? [] : [row.lastFailure]));
  const failures =
    ids.length === 0
      ? []
      : await database
          .select({ id: requestLogs.requestId, at: requestLogs.startedAt, code: requestLogs.errorCode })
          .from(requestLogs)
          .where(inArray(requestLogs.requestId, ids));
  return rows.map((row) => {
    const last = failures.find((failure) => failure.id === row.lastFailure);
    return { ...row, lastFailure: last === undefined ? null : { at: last.at, code: last.code } };
  });
}

/** Tokens that a model served at no cost. */
export interface FreeTokens {
  provider: string;
  model: string;
  tokens: number;
}

/** What models have served at no cost from a day on, the most first. Which of them have a price of 0 the catalogue knows. */
export async function freeTokens(database: Database, first: string): Promise<FreeTokens[]> {
  const tokens = sumOf(sql`${usageDaily.inputTokens} + ${usageDaily.outputTokens}`, 'tokens');
  const rows = await database
    .select({ provider: usageDaily.provider, model: usageDaily.model, tokens })
    .from(usageDaily)
    .where(and(gte(usageDaily.day, first), eq(usageDaily.costNanoUsd, 0), sql`${usageDaily.model} <> ''`))
    .groupBy(usageDaily.provider, usageDaily.model)
    .orderBy(desc(tokens));
  return rows.filter((row) => row.tokens > 0);
}
