import * as z from 'zod/mini';
import { csvLine } from '../protocol/csv.ts';
import { nanoToAlignedUsd } from '../protocol/money.ts';
import { GROUP_MEMBERS, USAGE_GROUPS, type UsageGroup, type UsageRow } from '../store/usage.ts';
import { check, noPositional, readArguments } from './arguments.ts';
import { Mistake } from './mistake.ts';
import { openWay } from './open-way.ts';
import { noteWay } from './outcome.ts';
import { PLACE_HELP, PLACE_OPTIONS, readPlace } from './place.ts';
import { note, say, sayJson, table, terminalWidth } from './print.ts';

const HELP = `npm run usage -- [--days 7] [--by day|key|model|user|team|provider|endpoint] [--csv]
Requests, tokens and money of the last days, today included.
--csv prints a file for spreadsheets, with money in USD.
${PLACE_HELP}`;

const DAYS_RULE = 'must be a whole number of days from 1 to 3650';
const daysSchema = z.pipe(
  z.pipe(z.string().check(z.regex(/^\d{1,4}$/, DAYS_RULE)), z.transform(Number)),
  z.number().check(z.minimum(1, DAYS_RULE), z.maximum(3650, DAYS_RULE)),
);
const TITLES: Record<UsageGroup, string> = {
  day: 'DAY',
  key: 'KEY',
  model: 'MODEL',
  user: 'USER',
  team: 'TEAM',
  provider: 'PROVIDER',
  endpoint: 'ENDPOINT',
};

function usageTable(rows: readonly UsageRow[], by: UsageGroup): string {
  // A key's id says nothing to anybody.
  const names =
    by === 'key'
      ? [
          { title: 'OWNER', flexible: true },
          { title: 'NAME', flexible: true },
        ]
      : [];
  const columns = [
    { title: TITLES[by], flexible: true },
    ...names,
    { title: 'REQUESTS', right: true },
    { title: 'INPUT', right: true },
    { title: 'OUTPUT', right: true },
    { title: 'USD', right: true },
  ];
  const number = (value: number) => value.toLocaleString('en-US');
  const cells = rows.map((row) => [
    row[GROUP_MEMBERS[by]] ?? '',
    ...(by === 'key' ? [row.owner ?? '', row.name ?? ''] : []),
    number(row.requests),
    number(row.input_tokens),
    number(row.output_tokens),
    nanoToAlignedUsd(row.cost_nano_usd),
  ]);
  const sum = (member: 'requests' | 'input_tokens' | 'output_tokens' | 'cost_nano_usd') =>
    rows.reduce((total, row) => total + row[member], 0);
  const totals = [
    'total',
    ...names.map(() => ''),
    number(sum('requests')),
    number(sum('input_tokens')),
    number(sum('output_tokens')),
  ];
  return table(columns, [...cells, [...totals, nanoToAlignedUsd(sum('cost_nano_usd'))]], terminalWidth());
}

function usageFile(rows: readonly UsageRow[], by: UsageGroup): string {
  const names = by === 'key' ? (['owner', 'name'] as const) : [];
  const members = [GROUP_MEMBERS[by], ...names, 'requests', 'input_tokens', 'output_tokens', 'cost_usd'] as const;
  return [members, ...rows.map((row) => members.map((member) => row[member]))].map(csvLine).join('').trimEnd();
}

/** `npm run usage`. */
export async function run(args: string[]): Promise<number | undefined> {
  const options = {
    ...PLACE_OPTIONS,
    days: { type: 'string' },
    by: { type: 'string' },
    csv: { type: 'boolean' },
  } as const;
  const { values, positionals } = readArguments(args, options);
  if (values.help) {
    say(HELP);
    return 0;
  }
  noPositional(positionals);
  const place = readPlace(values);
  const days = check(daysSchema, values.days ?? '7', '--days');
  const by = check(z.enum(USAGE_GROUPS, `must be one of ${USAGE_GROUPS.join(', ')}`), values.by ?? 'day', '--by');
  if (values.csv && place.json) throw new Mistake('--csv and --json are two forms of the same: give one of them.');
  const way = await openWay(place);
  const rows = await way.usage(by, days);
  if (values.csv) say(usageFile(rows, by));
  else if (place.json) sayJson(rows);
  else if (rows.length > 0) say(usageTable(rows, by));
  else note(`No request has been settled in the last ${days} days. Rows come within 10 s of a request's end.`);
  noteWay(way);
  return 0;
}
