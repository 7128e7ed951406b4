import { and, eq, gte, inArray, isNotNull, ne, or, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { spentSince, type WindowSpend, type WindowStarts } from './overview.ts';
import { apiKeys, requestLogs, usageDaily } from './schema.ts';

/** What a key has spent, in integer nano-USD, as D1 knows it: seconds behind the ledger. */
export interface KeySpend extends WindowSpend {
  total: number;
  /** The newest request's id; null where the log holds none. */
  lastRequestId: string | null;
}

function selectSpend(database: Database, starts: WindowStarts) {
  return database
    .select({
      keyId: usageDaily.keyId,
      day: spentSince(starts.day, 'day'),
      week: spentSince(starts.week, 'week'),
      month: spentSince(starts.month, 'month'),
      total: sql<number>`coalesce(sum(${usageDaily.costNanoUsd}), 0)`.as('total'),
    })
    .from(usageDaily)
    .groupBy(usageDaily.keyId)
    .$dynamic();
}

/** What these keys have spent. D1 takes 100 values at most, so a page of keys is what may be asked for. */
export async function spendOfKeys(
  database: Database,
  ids: readonly string[],
  starts: WindowStarts,
): Promise<Map<string, KeySpend>> {
  if (ids.length === 0) return new Map();
  const [spends, uses] = await Promise.all([
    selectSpend(database, starts).where(inArray(usageDaily.keyId, [...ids])),
    database
      .select({ keyId: requestLogs.keyId, last: sql<string>`max(${requestLogs.requestId})`.as('last') })
      .from(requestLogs)
      .where(inArray(requestLogs.keyId, [...ids]))
      .groupBy(requestLogs.keyId),
  ]);
  const lastUse = new Map(uses.map((use) => [use.keyId, use.last]));
  const spendOf = new Map(spends.map((spend) => [spend.keyId, spend]));
  return new Map(
    ids.map((id) => {
      const spend = spendOf.get(id) ?? { day: 0, week: 0, month: 0, total: 0 };
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

/** Every active key that has a budget, with what it has spent. */
export async function budgetedKeys(database: Database, starts: WindowStarts): Promise<BudgetedKey[]> {
  const spend = selectSpend(database, starts).as('spend');
  return await database
    .select({
      id: apiKeys.id,
      owner: apiKeys.owner,
      name: apiKeys.name,
      last4: apiKeys.last4,
      prefix: apiKeys.prefix,
      budgetDayUsd: apiKeys.budgetDayUsd,
      budgetWeekUsd: apiKeys.budgetWeekUsd,
      budgetMonthUsd: apiKeys.budgetMonthUsd,
      budgetTotalUsd: apiKeys.budgetTotalUsd,
      day: sql<number>`coalesce(${spend.day}, 0)`.as('day_spend'),
      week: sql<number>`coalesce(${spend.week}, 0)`.as('week_spend'),
      month: sql<number>`coalesce(${spend.month}, 0)`.as('month_spend'),
      total: sql<number>`coalesce(${spend.total}, 0)`.as('total_spend'),
    })
    .from(apiKeys)
    .leftJoin(spend, eq(spend.keyId, apiKeys.id))
    .where(
      and(
        ne(apiKeys.status, 'revoked'),
        or(
          isNotNull(apiKeys.budgetDayUsd),
          isNotNull(apiKeys.budgetWeekUsd),
          isNotNull(apiKeys.budgetMonthUsd),
          isNotNull(apiKeys.budgetTotalUsd),
        ),
      ),
    );
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
