import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { usageDaily, usageTotals } from './schema.ts';

/*
 * Sums of days over all keys. A day that is over is added up once and kept in usage_totals; one that changes after all
 * loses what was kept there (migrations/0011_size.sql) and is added up anew. So both are equal to the last nano-dollar,
 * whether kept or not, and a month's report reads some hundred rows and one day of usage_daily.
 */

const SUMS = [
  ...['requests', 'errors', 'own_errors', 'provider_errors'],
  ...['input_tokens', 'cached_tokens', 'output_tokens', 'reasoning_tokens', 'cost_nano_usd'],
];
const NAMES = ['day', 'provider', 'model', 'team', 'endpoint'];

const columns = (names: readonly string[]) => sql.raw(names.join(', '));
const summed = sql.raw([...NAMES, ...SUMS.map((name) => `sum(${name}) AS ${name}`)].join(', '));

/** The days of a span that usage_daily has rows of and usage_totals has none: found one by one, not by reading them. */
function daysWithoutTotals(from: string | SQL<string>, to: string | SQL<string>): SQL {
  return sql`(
    WITH RECURSIVE days (day) AS (
      SELECT min(day) FROM ${usageDaily} WHERE day >= ${from} AND day <= ${to}
      UNION ALL
      SELECT (SELECT min(day) FROM ${usageDaily} WHERE day > days.day AND day <= ${to}) FROM days WHERE day IS NOT NULL
    )
    SELECT day FROM days WHERE day IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${usageTotals} AS kept WHERE kept.day = days.day)
  )`;
}

/**
 * A table to select from: the sums of the days of a span, both included, by provider, model, team and door. Of a day that
 * is not kept there is a line a key.
 */
export function totalsOfDays(from: string | SQL<string>, to: string | SQL<string>): SQL {
  return sql`(
    SELECT ${columns([...NAMES, ...SUMS])} FROM ${usageTotals} WHERE day BETWEEN ${from} AND ${to}
    UNION ALL
    SELECT ${columns([...NAMES.map((name) => `daily.${name}`), ...SUMS])}
    FROM ${daysWithoutTotals(from, to)} AS open CROSS JOIN ${usageDaily} AS daily ON daily.day = open.day
  )`;
}

/** How many days a call adds up: each may have some ten thousand rows. */
const DAYS_AT_ONCE = 2;

/** Keeps the sums of days before this one (YYYY-MM-DD) that are not kept yet, the newest of them first. */
export async function keepTotals(database: Database, before: string): Promise<void> {
  await database.run(sql`
    INSERT INTO ${usageTotals} (${columns([...NAMES, ...SUMS])})
    SELECT ${summed} FROM ${usageDaily}
    WHERE day IN (SELECT day FROM ${daysWithoutTotals('', before)} WHERE day < ${before} ORDER BY day DESC LIMIT ${DAYS_AT_ONCE})
    GROUP BY ${columns(NAMES)}`);
}
