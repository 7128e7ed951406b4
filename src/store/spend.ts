import { and, eq, gte, inArray, isNotNull, ne, or, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Database } from './database.ts';
import type { WindowSpend, WindowStarts } from './overview.ts';
import { apiKeys, requestLogs, usageDaily, usageMonthly } from './schema.ts';

/** What a key has spent, in integer nano-USD, as D1 knows it: seconds behind the ledger. */
export interface KeySpend extends WindowSpend {
  total: number;
  /** The newest request's id; null where the log holds none. */
  lastRequestId: string | null;
}

/** The month that runs, as usage_monthly names it. */
const monthOf = ({ month }: WindowStarts) => month.slice(0, 7);

const sumOf = (name: string) => sql<number>`coalesce(sum(cost_nano_usd), 0)`.as(name);
const sumSince = (first: string, name: string) =>
  sql<number>`coalesce(sum(CASE WHEN day >= ${first} THEN cost_nano_usd END), 0)`.as(name);

/** What these keys have spent. D1 takes 100 values at most, so a page of keys is what may be asked for. */
export async function spendOfKeys(
  database: Database,
  ids: readonly string[],
  starts: WindowStarts,
): Promise<Map<string, KeySpend>> {
  if (ids.length === 0) return new Map();
  const isAsked = (column: SQLiteColumn) => inArray(column, [...ids]);
  const [days, months, uses] = await Promise.all([
    database
      .select({ keyId: usageDaily.keyId, day: sumSince(starts.day, 'day'), week: sumOf('week') })
      .from(usageDaily)
      .where(and(isAsked(usageDaily.keyId), gte(usageDaily.day, starts.week)))
      .groupBy(usageDaily.keyId),
    // All time is a row a month: of days there may be thousands.
    database
      .select({
        keyId: usageMonthly.keyId,
        month: sql<number>`coalesce(sum(CASE WHEN month = ${monthOf(starts)} THEN cost_nano_usd END), 0)`.as(
          'in_month',
        ),
        total: sumOf('total'),
      })
      .from(usageMonthly)
      .where(isAsked(usageMonthly.keyId))
      .groupBy(usageMonthly.keyId),
    database
      .select({ keyId: requestLogs.keyId, last: sql<string>`max(${requestLogs.requestId})`.as('last') })
      .from(requestLogs)
      .where(isAsked(requestLogs.keyId))
      .groupBy(requestLogs.keyId),
  ]);
  const lastUse = new Map(uses.map((use) => [use.keyId, use.last]));
  const [byDay, byMonth] = [days, months].map((rows) => new Map(rows.map((row) => [row.keyId, row])));
  return new Map(
    ids.map((id) => {
      const spend = { day: 0, week: 0, month: 0, total: 0, ...byDay?.get(id), ...byMonth?.get(id) };
      return [id, { ...spend, lastRequestId: lastUse.get(id) ?? null }];
    }),
  );
}

/** A key with a budget, and what it has spent. */
export interface BudgetedKey extends WindowSpend {
  id: string;
  owner: string;
  name: string;
  last4: string;
  prefix: string;
  total: number;
  budgetDayUsd: number | null;
  budgetWeekUsd: number | null;
  budgetMonthUsd: number | null;
  budgetTotalUsd: number | null;
}

/** How much of one budget a key has spent; nothing where it has none. A budget of nothing is used up. */
function shareOf(budget: SQLiteColumn, spent: SQL): SQL {
  return sql`CASE WHEN ${budget} IS NULL THEN -1 WHEN ${budget} = 0 THEN 1 ELSE ${spent} / 1e9 / ${budget} END`;
}

/**
 * The active keys whose budgets are used up most, the nearest first. Each budget's spend is found by the key, and of the
 * keys without one none is looked for.
 */
export async function nearestBudgets(database: Database, starts: WindowStarts, limit: number): Promise<BudgetedKey[]> {
  const since = (first: string) => sql`(SELECT coalesce(sum(cost_nano_usd), 0) FROM usage_daily
    WHERE usage_daily.key_id = api_keys.id AND usage_daily.day >= ${first})`;
  const months = (which: SQL) => sql`(SELECT coalesce(sum(cost_nano_usd), 0) FROM usage_monthly
    WHERE usage_monthly.key_id = api_keys.id ${which})`;
  const { budgetDayUsd, budgetWeekUsd, budgetMonthUsd, budgetTotalUsd } = apiKeys;
  const share =
    sql<number>`max(${shareOf(budgetDayUsd, since(starts.day))}, ${shareOf(budgetWeekUsd, since(starts.week))},
    ${shareOf(budgetMonthUsd, months(sql`AND usage_monthly.month = ${monthOf(starts)}`))},
    ${shareOf(budgetTotalUsd, months(sql``))})`.as('share');
  const { id, owner, name, last4, prefix } = apiKeys;
  const keys = await database
    .select({ id, owner, name, last4, prefix, budgetDayUsd, budgetWeekUsd, budgetMonthUsd, budgetTotalUsd, share })
    .from(apiKeys)
    .where(
      and(
        ne(apiKeys.status, 'revoked'),
        or(isNotNull(budgetDayUsd), isNotNull(budgetWeekUsd), isNotNull(budgetMonthUsd), isNotNull(budgetTotalUsd)),
      ),
    )
    .orderBy(sql`share DESC`, apiKeys.id)
    .limit(limit);
  const spends = await spendOfKeys(
    database,
    keys.map((key) => key.id),
    starts,
  );
  return keys.map((key) => ({ ...key, ...(spends.get(key.id) ?? { day: 0, week: 0, month: 0, total: 0 }) }));
}

/** What a person's keys have come to. */
export interface OwnerSpend {
  /** Integer nano-USD since the month began. */
  month: number;
  requests: number;
}

/** What each key has cost its person since a day, in integer nano-USD; keys that cost nothing are left out. */
export async function spendByKeyOf(database: Database, owner: string, from: string): Promise<Map<string, number>> {
  const rows = await database
    .select({ keyId: usageDaily.keyId, cost: sql<number>`sum(${usageDaily.costNanoUsd})`.as('cost') })
    .from(usageDaily)
    .where(and(eq(usageDaily.owner, owner), gte(usageDaily.day, from)))
    .groupBy(usageDaily.keyId);
  return new Map(rows.map(({ keyId, cost }) => [keyId, cost]));
}

/** What these people have spent since a day. */
export async function spendOfOwners(
  database: Database,
  owners: readonly string[],
  from: string,
): Promise<Map<string, OwnerSpend>> {
  if (owners.length === 0) return new Map();
  const rows = await database
    .select({
      owner: usageDaily.owner,
      month: sql<number>`sum(${usageDaily.costNanoUsd})`.as('month'),
      requests: sql<number>`sum(${usageDaily.requests})`.as('request_count'),
    })
    .from(usageDaily)
    .where(and(gte(usageDaily.day, from), inArray(usageDaily.owner, [...owners])))
    .groupBy(usageDaily.owner);
  return new Map(rows.map((row) => [row.owner, { month: row.month, requests: row.requests }]));
}

/** What each member has cost a team in a month (YYYY-MM), in integer nano-USD, who has left it too. */
export async function spendInTeam(database: Database, team: string, month: string): Promise<Map<string, number>> {
  const rows = await database
    .select({ owner: usageMonthly.owner, cost: sql<number>`sum(${usageMonthly.costNanoUsd})`.as('cost') })
    .from(usageMonthly)
    .where(and(eq(usageMonthly.month, month), eq(usageMonthly.team, team)))
    .groupBy(usageMonthly.owner);
  return new Map(rows.map(({ owner, cost }) => [owner, cost]));
}
