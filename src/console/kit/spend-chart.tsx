import { daysBefore } from '../../ledger/windows.ts';
import type { DailySpend } from '../../store/overview.ts';
import { Chart } from './chart.tsx';
import { money } from './format.ts';
import { useView } from './view.ts';

/** Colours there are for models; the rest share one. */
const NAMED_MODELS = 5;
const TICK_DAYS = 7;

/** For a scale: no more places than its step needs. */
function scaleMoney(nanoUsd: number): string {
  const usd = nanoUsd / 1e9;
  const places = usd >= 10 || usd === 0 ? 0 : usd >= 0.1 ? 2 : Math.min(9, 1 - Math.floor(Math.log10(usd)));
  return `$${usd.toLocaleString('en', { minimumFractionDigits: Math.min(places, 2), maximumFractionDigits: places })}`;
}

function sumBy(rows: readonly DailySpend[], of: (row: DailySpend) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(of(row), (sums.get(of(row)) ?? 0) + row.costNanoUsd);
  return sums;
}

/** Spend of the days up to `lastDay`, stacked by model, the dearest at the bottom. */
export function SpendChart({ rows, lastDay, days }: { rows: readonly DailySpend[]; lastDay: string; days: number }) {
  const { texts } = useView();
  const ranked = [...sumBy(rows, (row) => row.model)]
    .filter(([, sum]) => sum > 0)
    .sort((one, other) => other[1] - one[1]);
  if (ranked.length === 0) return <p class="soft">{texts.overview.noSpend}</p>;
  const named = ranked.slice(0, ranked.length > NAMED_MODELS + 1 ? NAMED_MODELS : NAMED_MODELS + 1);
  const toneOf = new Map(named.map(([model], index) => [model, `c${index}`]));
  const rest = ranked.slice(named.length).reduce((sum, [, cost]) => sum + cost, 0);
  const series = named.map(([name, sum], index) => ({ tone: `c${index}`, name, sum: money(sum) }));
  if (rest > 0) series.push({ tone: `c${NAMED_MODELS}`, name: texts.others, sum: money(rest) });
  const columns = Array.from({ length: days }, (_, index) => {
    const day = daysBefore(lastDay, days - 1 - index);
    const costs = sumBy(
      rows.filter((row) => row.day === day),
      (row) => toneOf.get(row.model) ?? `c${NAMED_MODELS}`,
    );
    const parts = series.map(({ tone }) => ({ tone, value: costs.get(tone) ?? 0 })).filter(({ value }) => value > 0);
    const hasTick = (days - 1 - index) % TICK_DAYS === 0;
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
