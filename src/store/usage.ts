import { type SQL, sql } from 'drizzle-orm';
import { nanoToUsd } from '../protocol/money.ts';
import type { Database } from './database.ts';
import { usageDaily } from './schema.ts';
import { totalsOfDays } from './usage-totals.ts';

export const USAGE_GROUPS = ['day', 'key', 'model', 'user', 'team', 'provider', 'endpoint'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** One line of a usage report; the first member is what it is grouped by. */
export interface UsageRow {
  day?: string;
  key_id?: string;
  model?: string;
  owner?: string | null;
  team?: string;
  provider?: string;
  endpoint?: string;
  /** Of a key: what it is called; with `owner`, whose it is. Null where its row is gone. */
  name?: string | null;
  requests: number;
  input_tokens: number;
  output_tokens: number;
  cost_nano_usd: number;
  cost_usd: string;
}

/** The member of a line that says what it is grouped by. */
export const GROUP_MEMBERS = {
  ...{ day: 'day', key: 'key_id', model: 'model', user: 'owner' },
  ...{ team: 'team', provider: 'provider', endpoint: 'endpoint' },
} as const satisfies Record<UsageGroup, keyof UsageRow>;

const orNone = (column: string) => `iif(${column} = '', 'none', ${column})`;

const COLUMNS: Record<UsageGroup, string> = {
  day: 'day',
  key: 'key_id',
  // The same model id may stand with two providers. Refusals before a model was found have none.
  model: "iif(model = '', 'none', provider || '/' || model)",
  user: 'owner',
  team: orNone('team'),
  provider: orNone('provider'),
  endpoint: orNone('endpoint'),
};

/** What stands beside a key's id, which nobody knows by heart. */
const KEY_NAMES = sql`, (SELECT owner FROM api_keys WHERE id = label) AS owner,
  (SELECT name FROM api_keys WHERE id = label) AS name`;

/** Sums by one of the groups. `from` and `to` are days (YYYY-MM-DD), both included. */
export async function usageBy(
  database: Database,
  group: UsageGroup,
  from: string | SQL<string>,
  to: string,
): Promise<UsageRow[]> {
  const isOfKeys = group === 'key' || group === 'user';
  const days = sql`(SELECT * FROM ${usageDaily} WHERE day BETWEEN ${from} AND ${to})`;
  const rows = await database.all<{
    label: string;
    requests: number;
    input_tokens: number;
    output_tokens: number;
    cost_nano_usd: number;
    owner?: string | null;
    name?: string | null;
  }>(sql`
    SELECT * ${group === 'key' ? KEY_NAMES : sql``} FROM (
      SELECT ${sql.raw(COLUMNS[group])} AS label, sum(requests) AS requests, sum(input_tokens) AS input_tokens,
        sum(output_tokens) AS output_tokens, sum(cost_nano_usd) AS cost_nano_usd
      FROM ${isOfKeys ? days : totalsOfDays(from, to)} GROUP BY label
    ) ORDER BY ${group === 'day' ? sql`label` : sql`cost_nano_usd DESC`}`);
  return rows.map(({ label, ...sums }) => ({
    [GROUP_MEMBERS[group]]: label,
    ...sums,
    cost_usd: nanoToUsd(sums.cost_nano_usd),
  }));
}
