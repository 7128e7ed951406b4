import type { Machine } from './machine.ts';
import type { Results, WholeResult } from './results.ts';
import { median, type Rounds, ratios } from './statistics.ts';

/** One line of the table. */
interface Row {
  what: string;
  /** What was measured, and what it is measured against. */
  value: string;
  baseline: string;
  /** Median and best of the rounds, as the aim is written. */
  reached: string;
  aim: string;
  verdict: 'yes' | 'no' | '';
}

const number = (value: number, digits: number): string => value.toFixed(digits);

function verdictOf(best: number, aim: number): Row['verdict'] {
  return best <= aim ? 'yes' : 'no';
}

/** The best of three rounds decides, as the aim says; with more rounds, the best third's worst. */
function bestOf(values: Rounds): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length / 3) - 1)] ?? Number.NaN;
}

function ratioRow(
  what: string,
  values: Rounds,
  baseline: Rounds,
  aim: number | null,
  print: (value: number) => string,
): Row {
  const all = ratios(values, baseline);
  const best = bestOf(all);
  return {
    what,
    value: print(median(values)),
    baseline: print(median(baseline)),
    reached: `${number(median(all), 2)}x (best ${number(best, 2)}x)`,
    aim: aim === null ? '' : `${aim}x`,
    verdict: aim === null ? '' : verdictOf(best, aim),
  };
}

const EVENT_AIMS = { paced: { default: 1.05, cursor: 1.1 }, bursts: { default: 1.1, cursor: 1.6 } } as const;

function eventRows({ paced, bursts }: Results): Row[] {
  const rows: Row[] = [];
  for (const [kind, measured] of Object.entries({ paced, bursts }) as ['paced' | 'bursts', typeof paced][]) {
    const print = (value: number) => `${number(value, kind === 'paced' ? 1 : 2)} ms`;
    for (const name of ['default', 'cursor'] as const) {
      const what = `1,000 events, ${kind}, ${name}`;
      rows.push(ratioRow(`${what} / reader loop`, measured[name], measured.loop, EVENT_AIMS[kind][name], print));
      rows.push(ratioRow(`${what} / native pass-through`, measured[name], measured.pass, null, print));
    }
    rows.push(ratioRow(`1,000 events, ${kind}, reader loop / native`, measured.loop, measured.pass, null, print));
  }
  return rows;
}

const FIRST_BYTE_AIM_MS = 1;

function firstByteRows({ firstByte }: Results): Row[] {
  return (['pass', 'loop', 'default', 'cursor'] as const).map((name) => {
    const later = firstByte[name].map((value, round) => value - (firstByte.direct[round] ?? Number.NaN));
    const isAim = name === 'default' || name === 'cursor';
    return {
      what: `first byte, ${name} / no router`,
      value: `${number(median(firstByte[name]), 2)} ms`,
      baseline: `${number(median(firstByte.direct), 2)} ms`,
      reached: `+${number(median(later), 2)} ms (best +${number(bestOf(later), 2)})`,
      aim: isAim ? `+${FIRST_BYTE_AIM_MS} ms` : '',
      verdict: isAim ? verdictOf(bestOf(later), FIRST_BYTE_AIM_MS) : '',
    };
  });
}

const WHOLE_AIM = 1.3;

function wholeRows(whole: WholeResult): Row[] {
  const print = (value: number) => `${number(value, 0)} µs`;
  const what = `request, ${whole.size}, ${whole.connections} connections`;
  return [
    ratioRow(`${what}, default / same calls`, whole.default, whole.defaultCalls, WHOLE_AIM, print),
    ratioRow(`${what}, cursor / same calls`, whole.cursor, whole.cursorCalls, WHOLE_AIM, print),
    ratioRow(`${what}, same calls / native`, whole.defaultCalls, whole.pass, null, print),
  ];
}

const MEMORY_AIMS_MIB = { default: 150, cursor: 220, pass: null, loop: null } as const;
const BUNDLE_AIM_KB = 100;
const START_AIM_MS = 30;

function processRows({ memory, bundleGzipBytes, startMs }: Results): Row[] {
  const rows: Row[] = (['pass', 'loop', 'default', 'cursor'] as const).map((name) => {
    const { idle, peak } = memory[name];
    const aim = MEMORY_AIMS_MIB[name];
    return {
      what: `memory, 200 slow streams, ${name} / idle`,
      value: `${number(peak, 0)} MiB`,
      baseline: `${number(idle, 0)} MiB`,
      reached: `${number(peak, 0)} MiB`,
      aim: aim === null ? '' : `${aim} MiB`,
      verdict: aim === null ? '' : verdictOf(peak, aim),
    };
  });
  const bundle = bundleGzipBytes / 1_000;
  const size = `${number(bundle, 1)} KB`;
  rows.push({
    what: 'bundle, gzip',
    value: size,
    baseline: '',
    reached: size,
    aim: `${BUNDLE_AIM_KB} KB`,
    verdict: verdictOf(bundle, BUNDLE_AIM_KB),
  });
  const start = `${number(median(startMs), 0)} ms`;
  rows.push({
    what: 'start-up, CPU beyond a bare Worker',
    value: start,
    baseline: '',
    reached: `${start} (best ${number(bestOf(startMs), 0)})`,
    aim: `${START_AIM_MS} ms`,
    verdict: verdictOf(bestOf(startMs), START_AIM_MS),
  });
  return rows;
}

function tableOf(rows: readonly Row[]): string {
  const titles: Record<keyof Row, string> = {
    what: 'what / baseline',
    value: 'measured',
    baseline: 'baseline',
    reached: 'reached',
    aim: 'aim',
    verdict: 'met',
  };
  const columns = Object.keys(titles) as (keyof Row)[]; // the keys written above
  const lines = [titles, ...rows];
  const widths = columns.map((column) => Math.max(...lines.map((line) => line[column].length)));
  const printed = lines.map(
    (line) => `| ${columns.map((column, at) => line[column].padEnd(widths[at] ?? 0)).join(' | ')} |`,
  );
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [printed[0], rule, ...printed.slice(1)].join('\n');
}

/** A table that is Markdown too, with the machine under it. */
export function printReport(results: Results, machine: Machine, seconds: number): string {
  const rows = [
    ...eventRows(results),
    ...firstByteRows(results),
    ...results.whole.flatMap(wholeRows),
    ...processRows(results),
  ];
  const { processor, cores, memoryGiB, system, node, workerd, load } = machine;
  return [
    tableOf(rows),
    '',
    `CPU is the runtime process's own user and system time; medians of the rounds, ratios round by round; aims go by the best third.`,
    `Machine: ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}; workerd ${workerd}, Node ${node}; load before the start ${number(load, 1)}; ${number(seconds, 0)} s.`,
    ...(load > 0.5 * cores
      ? ['The machine was busy with other work: run it again on an idle one before you trust the figures.']
      : []),
  ].join('\n');
}
