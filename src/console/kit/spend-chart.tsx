import { daysBefore } from '../../ledger/windows.ts';
import { Chart } from './chart.tsx';
import { money } from './format.ts';
import { useView } from './view.ts';

/** Colours there are for models; the rest share one. */
const NAMED_MODELS = 5;
/** Ticks are a week apart, or as many as leave room for each. */
const TICK_DAYS = 7;
const MOST_TICKS = 13;

/** One part of a day. Money is integer nano-USD. */
interface SpendRow {
  day: string;
  /** What the part is called; null for one of the others. */
  model: string | null;
  costNanoUsd: number;
}

/** For a scale: no more places than its step needs. */
function scaleMoney(nanoUsd: number): string {
  const usd = nanoUsd / 1e9;
  const places = usd >= 10 || usd === 0 ? 0 : usd >= 0.1 ? 2 : Math.min(9, 1 - Math.floor(Math.log10(usd)));
  return `$${usd.toLocaleString('en', { minimumFractionDigits: Math.min(places, 2), maximumFractionDigits: places })}`;
}

function sumBy<Name>(rows: readonly SpendRow[], of: (row: SpendRow) => Name): Map<Name, number> {
  const sums = new Map<Name, number>();
  for (const row of rows) sums.set(of(row), (sums.get(of(row)) ?? 0) + row.costNanoUsd);
  return sums;
}

/** Spend of the days up to `lastDay`, stacked by model, the dearest at the bottom. */
export function SpendChart({ rows, lastDay, days }: { rows: readonly SpendRow[]; lastDay: string; days: number }) {
  const { texts } = useView();
  const sums = sumBy(rows, (row) => row.model);
  const ranked = [...sums]
    .flatMap(([model, sum]) => (model === null || sum <= 0 ? [] : [[model, sum] as const]))
    .sort((one, other) => other[1] - one[1]);
  const unnamed = sums.get(null) ?? 0;
  if (ranked.length === 0 && unnamed <= 0) return <p class="soft">{texts.overview.noSpend}</p>;
  const hasOthers = unnamed > 0 || ranked.length > NAMED_MODELS + 1;
  const named = ranked.slice(0, hasOthers ? NAMED_MODELS : NAMED_MODELS + 1);
  const toneOf = new Map(named.map(([model], index) => [model, `c${index}`]));
  const rest = ranked.slice(named.length).reduce((sum, [, cost]) => sum + cost, unnamed);
  const series = named.map(([name, sum], index) => ({ tone: `c${index}`, name, sum: money(sum) }));
  if (rest > 0) series.push({ tone: `c${NAMED_MODELS}`, name: texts.others, sum: money(rest) });
  const ownDays = Map.groupBy(rows, (row) => row.day);
  const tickDays = Math.max(TICK_DAYS, Math.ceil(days / MOST_TICKS));
  const columns = Array.from({ length: days }, (_, index) => {
    const day = daysBefore(lastDay, days - 1 - index);
    const costs = sumBy(
      ownDays.get(day) ?? [],
      (row) => (row.model === null ? undefined : toneOf.get(row.model)) ?? `c${NAMED_MODELS}`,
    );
    const parts = series.map(({ tone }) => ({ tone, value: costs.get(tone) ?? 0 })).filter(({ value }) => value > 0);
    const hasTick = (days - 1 - index) % tickDays === 0;
    return { name: day, tick: hasTick ? day.slice(5) : null, parts };
  });
  return (
    <Chart
      label={texts.overview.byDay}
      columns={columns}
      series={series}
      leastTop={1}
      format={money}
      formatScale={scaleMoney}
    />
  );
}
