import { and, asc, count, desc, eq, or, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Database } from './database.ts';
import { selectKeys } from './keys.ts';
import { type ApiKey, apiKeys, usageMonthly, users } from './schema.ts';
import { selectUsers, type UserWithKeys } from './users.ts';

/** What a list is ordered and narrowed by. */
export interface Ranking<Sort extends string> {
  sort: Sort;
  descending: boolean;
  /** From 1. */
  page: number;
  /** Looked for in names; empty for all. */
  search: string;
  /** Empty for all. */
  status: string;
}

/** One page of a list that has an order, and how many there are in all. */
export interface Ranked<T> {
  data: T[];
  total: number;
}

export const RANKED_PAGE = 50;

export const KEY_SORTS = ['spend', 'name', 'owner', 'created'] as const;
export type KeySort = (typeof KEY_SORTS)[number];
export const USER_SORTS = ['spend', 'name', 'team', 'created'] as const;
export type UserSort = (typeof USER_SORTS)[number];

// Not LIKE: D1 refuses patterns over 50 bytes, and % and _ are letters here.
function contains(column: SQLiteColumn, text: string): SQL {
  return sql`instr(lower(${column}), lower(${text})) > 0`;
}

function inOrder(by: SQL | SQLiteColumn, { descending }: Pick<Ranking<string>, 'descending'>): SQL {
  return descending ? desc(by) : asc(by);
}

/** Keys in an order, by what they have cost in a month (YYYY-MM) or by a column. */
export async function rankKeys(
  database: Database,
  ranking: Ranking<KeySort> & { owner: string | null },
  month: string,
): Promise<Ranked<ApiKey>> {
  const { owner, page, search, status, sort } = ranking;
  const where = and(
    owner === null ? undefined : eq(apiKeys.owner, owner),
    status === '' ? undefined : sql`${apiKeys.status} = ${status}`,
    search === ''
      ? undefined
      : or(
          ...[apiKeys.owner, apiKeys.name, apiKeys.id].map((column) => contains(column, search)),
          eq(apiKeys.last4, search),
        ),
  );
  const by = {
    spend: sql`(SELECT coalesce(sum(cost_nano_usd), 0) FROM ${usageMonthly}
      WHERE ${usageMonthly.month} = ${month} AND ${usageMonthly.keyId} = ${apiKeys.id})`,
    name: sql`lower(${apiKeys.name})`,
    owner: apiKeys.owner,
    created: apiKeys.id,
  }[sort];
  const [data, [sum]] = await database.batch([
    selectKeys(database)
      .where(where)
      .orderBy(inOrder(by, ranking), desc(apiKeys.id))
      .limit(RANKED_PAGE)
      .offset((page - 1) * RANKED_PAGE),
    database.select({ total: count() }).from(apiKeys).where(where),
  ]);
  return { data, total: sum?.total ?? 0 };
}

/** People in an order, by what they have cost in a month (YYYY-MM) or by a column. */
export async function rankUsers(
  database: Database,
  ranking: Ranking<UserSort>,
  month: string,
): Promise<Ranked<UserWithKeys>> {
  const { page, search, status, sort } = ranking;
  const where = and(
    status === '' ? undefined : sql`${users.status} = ${status}`,
    search === '' ? undefined : or(contains(users.name, search), contains(users.email, search)),
  );
  const spent = database
    .select({ owner: usageMonthly.owner, cost: sql<number>`sum(${usageMonthly.costNanoUsd})`.as('cost') })
    .from(usageMonthly)
    .where(eq(usageMonthly.month, month))
    .groupBy(usageMonthly.owner)
    .as('spent');
  const by = {
    spend: sql`coalesce(${spent.cost}, 0)`,
    name: sql`${users.name}`,
    team: sql`coalesce(${users.team}, '')`,
    created: sql`${users.createdAt}`,
  }[sort];
  const [data, [sum]] = await database.batch([
    selectUsers(database)
      .leftJoin(spent, eq(spent.owner, users.name))
      .where(where)
      .orderBy(inOrder(by, ranking), asc(users.name))
      .limit(RANKED_PAGE)
      .offset((page - 1) * RANKED_PAGE),
    database.select({ total: count() }).from(users).where(where),
  ]);
  return { data, total: sum?.total ?? 0 };
}
