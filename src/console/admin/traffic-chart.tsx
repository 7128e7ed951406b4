import type { HourlyTraffic } from '../../store/overview.ts';
import { Chart } from '../kit/chart.tsx';
import { compact, count, localTime } from '../kit/format.ts';
import { useView } from '../kit/view.ts';

const HOURS = 24;
const HOUR_MS = 3_600_000;

/** Requests of the last 24 hours, the failed ones at the bottom. */
export function TrafficChart({ rows }: { rows: readonly HourlyTraffic[] }) {
  const { now, offset, texts } = useView();
  const { overview } = texts;
  const requests = rows.reduce((sum, row) => sum + row.requests, 0);
  if (requests === 0) return <p class="soft">{overview.noTraffic}</p>;
  const errors = rows.reduce((sum, row) => sum + row.errors, 0);
  // The first of the 24 hours is cut at the start, so the running one makes 25.
  const columns = Array.from({ length: HOURS + 1 }, (_, index) => {
    const hour = localTime(now - (HOURS - index) * HOUR_MS, offset).slice(0, 13);
    const row = rows.find((each) => each.hour === hour);
    const failed = row?.errors ?? 0;
    const parts = [
      { tone: 'fail', value: failed },
      { tone: 'c0', value: (row?.requests ?? 0) - failed },
    ];
    const clock = hour.slice(11);
    const hasTick = Number(clock) % 6 === 0;
    return { name: `${hour.replace('T', ' ')}:00`, tick: hasTick ? `${clock}:00` : null, parts };
  });
  const series = [
    { tone: 'c0', name: overview.succeeded, sum: count(requests - errors) },
    { tone: 'fail', name: overview.failed, sum: count(errors) },
  ];
  return (
    <Chart
      label={overview.byHour}
      columns={columns}
      series={series}
      leastTop={4}
      format={count}
      formatScale={compact}
    />
  );
}
