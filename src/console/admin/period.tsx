import type { GroupedDay } from '../../store/grouped-spend.ts';
import { SPEND_GROUPS } from '../../store/grouped-spend.ts';
import { Field } from '../kit/field.tsx';
import { count, money } from '../kit/format.ts';
import { SpendChart } from '../kit/spend-chart.tsx';
import { Table } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { type Errors, errorsText } from './errors-text.ts';
import { type Asked, addressOf, lengthOf, RANGES } from './overview-range.ts';

/** What the overview shows of the days that were asked for. */
export interface PeriodData {
  asked: Asked;
  days: readonly GroupedDay[];
  daysBefore: readonly GroupedDay[];
  /** What labels are called, where they are ids. */
  names: ReadonlyMap<string, string>;
}

interface PeriodProps {
  data: PeriodData;
}

interface Sum extends Errors {
  requests: number;
  cost: number;
}

const NOTHING: Sum = { requests: 0, errors: 0, ownErrors: 0, providerErrors: 0, cost: 0 };

function add(sum: Sum, row: GroupedDay): Sum {
  return {
    requests: sum.requests + row.requests,
    errors: sum.errors + row.errors,
    ownErrors: sum.ownErrors + row.ownErrors,
    providerErrors: sum.providerErrors + row.providerErrors,
    cost: sum.cost + row.costNanoUsd,
  };
}

function sumByLabel(rows: readonly GroupedDay[]): Map<string | null, Sum> {
  const sums = new Map<string | null, Sum>();
  for (const row of rows) sums.set(row.label, add(sums.get(row.label) ?? NOTHING, row));
  return sums;
}

/** How a label reads: what has none, and what is left of all, have words. */
export function nameOf(label: string | null, names: ReadonlyMap<string, string>, { others, overview }: Texts): string {
  if (label === null) return others;
  return label === '' ? overview.none : (names.get(label) ?? label);
}

/** `+12 %`: how much more or less than before; nothing where there was none before. */
function changeOf(now: number, before: number): string {
  if (before <= 0) return '';
  const change = Math.round((100 * (now - before)) / before);
  return `${change > 0 ? '+' : change < 0 ? '−' : '±'}${Math.abs(change).toLocaleString('en')} %`;
}

function Choices({ asked }: { asked: Asked }) {
  const { overview } = useView().texts;
  const isShown = (is: boolean) => (is ? ('page' as const) : undefined);
  return (
    <div class="choices">
      <nav class="row" aria-label={overview.range}>
        {RANGES.map((range) => (
          <a href={addressOf({ ...asked, range })} aria-current={isShown(range === asked.range)}>
            {overview.ranges[range]}
          </a>
        ))}
      </nav>
      <nav class="row" aria-label={overview.groupBy}>
        <span class="soft">{overview.groupBy}</span>
        {SPEND_GROUPS.map((by) => (
          <a href={addressOf({ ...asked, by })} aria-current={isShown(by === asked.by)}>
            {overview.groups[by]}
          </a>
        ))}
      </nav>
    </div>
  );
}

function OwnDays({ asked }: { asked: Asked }) {
  const { me, overview, requests } = useView().texts;
  return (
    <details open={asked.range === 'own'}>
      <summary>{overview.ownDays}</summary>
      <form method="get" action="/admin" class="row">
        <Field name="from" type="date" label={me.from} initial={asked.span.from} />
        <Field name="to" type="date" label={me.to} initial={asked.span.to} />
        <input type="hidden" name="by" value={asked.by} />
        <button type="submit" class="plain">
          {requests.apply}
        </button>
      </form>
    </details>
  );
}

function Figures({ data }: PeriodProps) {
  const { texts } = useView();
  const { overview } = texts;
  const now = data.days.reduce(add, NOTHING);
  const before = data.daysBefore.reduce(add, NOTHING);
  const figures = [
    [overview.spend, money(now.cost), money(before.cost), changeOf(now.cost, before.cost)],
    [overview.requests, count(now.requests), count(before.requests), changeOf(now.requests, before.requests)],
    [overview.errors, count(now.errors), count(before.errors), changeOf(now.errors, before.errors)],
  ] as const;
  return (
    <dl class="figures">
      {figures.map(([name, value, earlier, change]) => (
        <div>
          <dt>{name}</dt>
          <dd>
            {value}
            <small>{overview.before(earlier, change)}</small>
            {name === overview.errors && now.errors > 0 && <small>{errorsText(now, texts)}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function GroupTable({ data }: PeriodProps) {
  const { texts } = useView();
  const { overview } = texts;
  const before = sumByLabel(data.daysBefore);
  const rows = [...sumByLabel(data.days)]
    .map(([label, sum]) => ({ label, ...sum, before: before.get(label)?.cost ?? 0 }))
    // What is left of all stands last.
    .toSorted((one, other) => Number(one.label === null) - Number(other.label === null) || other.cost - one.cost);
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>{overview.byGroup(overview.groups[data.asked.by])}</summary>
      <Table
        caption={overview.byGroup(overview.groups[data.asked.by])}
        look="dense"
        rows={rows}
        columns={[
          {
            head: overview.groups[data.asked.by],
            cells: 'model',
            cell: ({ label }) => nameOf(label, data.names, texts),
          },
          { head: overview.requests, look: 'number wide-only', cell: ({ requests }) => count(requests) },
          {
            head: overview.errors,
            look: 'number wide-only',
            cell: (row) => (
              <>
                {count(row.errors)}
                {row.errors > 0 && <small>{errorsText(row, texts)}</small>}
              </>
            ),
          },
          { head: overview.spend, look: 'number', cell: ({ cost }) => money(cost) },
          { head: overview.periodBefore, look: 'number', cell: (row) => money(row.before) },
          { head: overview.change, look: 'number', cell: (row) => changeOf(row.cost, row.before) },
        ]}
      />
    </details>
  );
}

/** Spend of the days that were asked for, beside the period before. */
export function Period({ data }: PeriodProps) {
  const { texts } = useView();
  const { overview } = texts;
  const { asked, days, names } = data;
  return (
    <section id="period">
      <div class="head">
        <h2>{overview.byDay}</h2>
        <small>
          {asked.span.from} – {asked.span.to} · <a href={addressOf(asked, '/admin/overview.csv')}>CSV</a>
        </small>
      </div>
      <Choices asked={asked} />
      <OwnDays asked={asked} />
      <Figures data={data} />
      <SpendChart
        rows={days.map(({ day, label, costNanoUsd }) => ({
          ...{ day, costNanoUsd },
          model: label === null ? null : nameOf(label, names, texts),
        }))}
        lastDay={asked.span.to}
        days={lengthOf(asked.span)}
      />
      <GroupTable data={data} />
    </section>
  );
}
