import { and, asc, count, desc, eq, or, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Database } from './database.ts';
import { selectKeys } from './keys.ts';
import { type ApiKey, apiKeys, requestLogs, teams, usageMonthly, users } from './schema.ts';
import { type TeamWithMembers, teamColumns } from './teams.ts';
import { type UserWithKeys, userColumns } from './users.ts';

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

export const KEY_SORTS = ['spend', 'name', 'owner', 'purpose', 'status', 'used'] as const;
export type KeySort = (typeof KEY_SORTS)[number];
export const USER_SORTS = ['spend', 'name', 'status', 'team', 'keys', 'created'] as const;
export type UserSort = (typeof USER_SORTS)[number];
export const TEAM_SORTS = ['spend', 'name', 'members', 'budget', 'created'] as const;
export type TeamSort = (typeof TEAM_SORTS)[number];

// Not LIKE: D1 refuses patterns over 50 bytes, and % and _ are letters here.
function contains(column: SQLiteColumn, text: string): SQL {
  return sql`instr(lower(${column}), lower(${text})) > 0`;
}

function inOrder(by: SQL | SQLiteColumn, { descending }: Pick<Ranking<string>, 'descending'>): SQL {
  return descending ? desc(by) : asc(by);
}

/** The page that a ranking asks for. */
function within({ page }: Pick<Ranking<string>, 'page'>) {
  return { limit: RANKED_PAGE, offset: (page - 1) * RANKED_PAGE };
}

/** What a key comes to at an instant, as `keyState` says it: in SQL, to be searched and sorted by. */
function stateAt(now: number): SQL {
  const expires = sql`strftime('%Y-%m-%dT%H:%M:%fZ', ${apiKeys.expiresAt})`;
  return sql`CASE WHEN ${apiKeys.status} <> 'active' THEN ${apiKeys.status}
    WHEN (SELECT owners.status FROM ${users} AS owners WHERE owners.name = ${apiKeys.owner}) <> 'active' THEN 'owner_disabled'
    WHEN ${expires} <= ${new Date(now).toISOString()} THEN 'expired' ELSE 'active' END`;
}

/**
 * Keys in an order, by what they have cost in a month (YYYY-MM) or by a column; all, a person's or a team's. `now` is ms
 * since 1970: their states change with it.
 */
export async function rankKeys(
  database: Database,
  ranking: Ranking<KeySort> & { owner: string | null; team: string | null; now: number },
  month: string,
): Promise<Ranked<ApiKey>> {
  const { owner, team, search, status, sort, now } = ranking;
  const where = and(
    owner === null ? undefined : eq(apiKeys.owner, owner),
    team === null ? undefined : sql`${apiKeys.owner} IN (SELECT name FROM ${users} WHERE ${users.team} = ${team})`,
    status === '' ? undefined : sql`${stateAt(now)} = ${status}`,
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
    purpose: apiKeys.purpose,
    status: stateAt(now),
    used: sql`(SELECT request_id FROM ${requestLogs} WHERE ${requestLogs.keyId} = ${apiKeys.id}
      ORDER BY ${requestLogs.requestId} DESC LIMIT 1)`,
  }[sort];
  const { limit, offset } = within(ranking);
  const [data, [sum]] = await database.batch([
    selectKeys(database).where(where).orderBy(inOrder(by, ranking), desc(apiKeys.id)).limit(limit).offset(offset),
    database.select({ total: count() }).from(apiKeys).where(where),
  ]);
  return { data, total: sum?.total ?? 0 };
}

/** A person with what their keys have cost in a month, integer nano-USD. */
export interface UserWithSpend extends UserWithKeys {
  spent: number;
}

/** People in an order, by what they have cost in a month (YYYY-MM) or by a column; all, or a team's. */
export async function rankUsers(
  database: Database,
  ranking: Ranking<UserSort> & { team: string | null },
  month: string,
): Promise<Ranked<UserWithSpend>> {
  const { team, search, status, sort } = ranking;
  const where = and(
    team === null ? undefined : eq(users.team, team),
    status === '' ? undefined : sql`${users.status} = ${status}`,
    search === '' ? undefined : or(contains(users.name, search), contains(users.email, search)),
  );
  const spent = database
    .select({ owner: usageMonthly.owner, cost: sql<number>`sum(${usageMonthly.costNanoUsd})`.as('cost') })
    .from(usageMonthly)
    .where(eq(usageMonthly.month, month))
    .groupBy(usageMonthly.owner)
    .as('spent');
  const cost = sql<number>`coalesce(${spent.cost}, 0)`;
  const by = {
    spend: cost,
    name: sql`${users.name}`,
    status: sql`${users.status}`,
    team: sql`coalesce(${users.team}, '')`,
    keys: sql`"keys"`,
    created: sql`${users.createdAt}`,
  }[sort];
  const { limit, offset } = within(ranking);
  const [data, [sum]] = await database.batch([
    database
      .select({ ...userColumns, spent: cost.as('spent_in_month') })
      .from(users)
      .leftJoin(spent, eq(spent.owner, users.name))
      .where(where)
      .orderBy(inOrder(by, ranking), asc(users.name))
      .limit(limit)
      .offset(offset),
    database.select({ total: count() }).from(users).where(where),
  ]);
  return { data, total: sum?.total ?? 0 };
}

/** A team with what it has cost in a month, integer nano-USD. */
export interface TeamWithSpend extends TeamWithMembers {
  spent: number;
}

/** More than any budget. */
const UNLIMITED_USD = 1e12;

/** What a month may cost a team at most; of several budgets the tightest holds. */
function monthlyBudget(): SQL {
  const { budgetDayUsd, budgetWeekUsd, budgetMonthUsd, budgetTotalUsd } = teams;
  const most = [sql`${budgetDayUsd} * 30`, sql`${budgetWeekUsd} * 30 / 7`, budgetMonthUsd, budgetTotalUsd];
  return sql`min(${sql.join(
    most.map((usd) => sql`coalesce(${usd}, ${UNLIMITED_USD})`),
    sql`, `,
  )})`;
}

/** Teams in an order, by what they have cost in a month (YYYY-MM) or by a column. */
export async function rankTeams(
  database: Database,
  ranking: Ranking<TeamSort>,
  month: string,
): Promise<Ranked<TeamWithSpend>> {
  const { search, sort } = ranking;
  const where = search === '' ? undefined : contains(teams.name, search);
  const spent = database
    .select({ team: usageMonthly.team, cost: sql<number>`sum(${usageMonthly.costNanoUsd})`.as('cost') })
    .from(usageMonthly)
    .where(eq(usageMonthly.month, month))
    .groupBy(usageMonthly.team)
    .as('spent');
  const cost = sql<number>`coalesce(${spent.cost}, 0)`;
  const by = {
    spend: cost,
    name: sql`${teams.name}`,
    members: sql`"members"`,
    budget: monthlyBudget(),
    created: sql`${teams.createdAt}`,
  }[sort];
  const { limit, offset } = within(ranking);
  const [data, [sum]] = await database.batch([
    database
      .select({ ...teamColumns, spent: cost.as('spent_in_month') })
      .from(teams)
      .leftJoin(spent, eq(spent.team, teams.name))
      .where(where)
      .orderBy(inOrder(by, ranking), asc(teams.name))
      .limit(limit)
      .offset(offset),
    database.select({ total: count() }).from(teams).where(where),
  ]);
  return { data, total: sum?.total ?? 0 };
}
