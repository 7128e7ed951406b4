import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { apiKeys, usageDaily, usageMonthly } from './schema.ts';
import { totalsOfDays } from './usage-totals.ts';

/** By what the overview adds up. */
export const SPEND_GROUPS = ['model', 'provider', 'user', 'team', 'key', 'endpoint'] as const;
export type SpendGroup = (typeof SPEND_GROUPS)[number];

/** Days, YYYY-MM-DD, both included. */
export interface Span {
  from: string;
  to: string;
}

/** What one of a group came to on a day. Money is integer nano-USD. */
export interface GroupedDay {
  day: string;
  /** `''` where a row has none, such as a refusal before its model was found; null for all that are not named. */
  label: string | null;
  requests: number;
  errors: number;
  /** Of the errors, those that this router and the providers made: what is left are the clients'. */
  ownErrors: number;
  providerErrors: number;
  costNanoUsd: number;
}

/** How many users or keys are told apart: the dearest of the months that the days are in. */
const MOST_NAMED = 50;

const SUMS = sql`sum(requests) AS requests, sum(errors) AS errors, sum(own_errors) AS "ownErrors",
  sum(provider_errors) AS "providerErrors", sum(cost_nano_usd) AS "costNanoUsd"`;

const OF_TOTALS = {
  model: "iif(model = '', '', provider || '/' || model)",
  provider: 'provider',
  team: 'team',
  endpoint: 'endpoint',
} as const;

/** Sums of all that there is by day. */
export async function spendOfDays(database: Database, { from, to }: Span): Promise<GroupedDay[]> {
  return await database.all<GroupedDay>(
    sql`SELECT day, NULL AS label, ${SUMS} FROM ${totalsOfDays(from, to)} GROUP BY day ORDER BY day`,
  );
}

/** The dearest of the months that the days are in: of those, and of no others, their own days are read. */
function dearest(column: SQL, { from, to }: Span): SQL {
  return sql`(SELECT ${column} AS named FROM ${usageMonthly}
    WHERE month BETWEEN ${from.slice(0, 7)} AND ${to.slice(0, 7)}
    GROUP BY named ORDER BY sum(cost_nano_usd) DESC LIMIT ${MOST_NAMED})`;
}

/** What is left of all when those that are named are taken away, by day. */
function restOf(all: readonly GroupedDay[], named: readonly GroupedDay[]): GroupedDay[] {
  const rest = new Map(all.map((row) => [row.day, { ...row }]));
  for (const row of named) {
    const left = rest.get(row.day);
    if (left === undefined) continue;
    left.requests -= row.requests;
    left.errors -= row.errors;
    left.ownErrors -= row.ownErrors;
    left.providerErrors -= row.providerErrors;
    left.costNanoUsd -= row.costNanoUsd;
  }
  return [...rest.values()].filter(({ requests, costNanoUsd }) => requests !== 0 || costNanoUsd !== 0);
}

/** Sums of days by a group. Of users and keys, of whom there may be thousands, the dearest are named. */
export async function groupedSpend(database: Database, by: SpendGroup, span: Span): Promise<GroupedDay[]> {
  if (by !== 'user' && by !== 'key') {
    const label = sql.raw(OF_TOTALS[by]);
    return await database.all<GroupedDay>(
      sql`SELECT day, ${label} AS label, ${SUMS} FROM ${totalsOfDays(span.from, span.to)} GROUP BY day, label
        ORDER BY day, sum(cost_nano_usd) DESC`,
    );
  }
  const column = by === 'user' ? sql.raw('owner') : sql.raw('key_id');
  const [named, all] = await Promise.all([
    database.all<GroupedDay>(sql`
      SELECT day, daily.${column} AS label, ${SUMS} FROM ${dearest(column, span)} AS dearest
      CROSS JOIN ${usageDaily} AS daily ON daily.${column} = dearest.named AND day BETWEEN ${span.from} AND ${span.to}
      GROUP BY label, day`),
    spendOfDays(database, span),
  ]);
  const rest = restOf(all, named);
  return [...named, ...rest].toSorted(
    (one, other) => one.day.localeCompare(other.day) || other.costNanoUsd - one.costNanoUsd,
  );
}

/** What keys are called, by id: whose they are, and their name. */
export async function keyLabels(database: Database, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await database.all<{ id: string; owner: string; name: string; last4: string }>(
    sql`SELECT id, owner, name, last4 FROM ${apiKeys} WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
  );
  return new Map(rows.map(({ id, owner, name, last4 }) => [id, `${owner} · ${name || `…${last4}`}`]));
}
