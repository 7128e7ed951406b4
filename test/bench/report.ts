import type { Machine } from './machine.ts';
import type { Results, WholeResult } from './results.ts';
import { median, type Rounds, ratios } from './statistics.ts';

/** One line of the table: the least that any router costs, what the aim compares with, and the router. */
interface Row {
  what: string;
  passThrough: string;
  baseline: string;
  default: string;
  cursor: string;
  aim: string;
}

const TITLES: Readonly<Record<keyof Row, string>> = {
  what: '',
  passThrough: 'Native pass-through',
  baseline: 'Compared with',
  default: 'Router, `default`',
  cursor: 'Router, `cursor`',
  aim: 'Aim',
};

type Print = (value: number) => string;

const milliseconds =
  (digits: number): Print =>
  (value) =>
    `${value.toFixed(digits)} ms`;
const microseconds: Print = (value) => `${value.toFixed(0)} µs`;
const mebibytes: Print = (value) => `${value.toFixed(0)} MiB`;

/** The best of three rounds decides, as the aim says; with more rounds, the best third's worst. */
function bestOf(values: Rounds): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length / 3) - 1)] ?? Number.NaN;
}

function judged(text: string, best: number, aim: number): string {
  return best <= aim ? text : `${text} (missed)`;
}

function ratioOf(values: Rounds, baseline: Rounds, aim: number, print: Print): string {
  const all = ratios(values, baseline);
  const best = bestOf(all);
  return judged(`${print(median(values))}: ${median(all).toFixed(2)}x, best ${best.toFixed(2)}x`, best, aim);
}

const EVENT_AIMS = { paced: { default: 1.05, cursor: 1.1 }, bursts: { default: 1.1, cursor: 1.6 } } as const;

function eventRow(results: Results, kind: 'paced' | 'bursts'): Row {
  const { cursor, default: plain, loop, pass } = results[kind];
  const aims = EVENT_AIMS[kind];
  const print = milliseconds(kind === 'paced' ? 1 : 2);
  return {
    what: `CPU per 1,000 events, ${kind === 'paced' ? '10 ms apart' : 'in bursts'}`,
    passThrough: print(median(pass)),
    baseline: `reader loop ${print(median(loop))}`,
    default: ratioOf(plain, loop, aims.default, print),
    cursor: ratioOf(cursor, loop, aims.cursor, print),
    aim: `${aims.default}x, ${aims.cursor}x`,
  };
}

const DOOR_AIMS = { paced: 1.15, bursts: 2.2 } as const;

function doorRow(results: Results, kind: 'paced' | 'bursts'): Row {
  const { loop, messages, pass, responses } = results[kind];
  const aim = DOOR_AIMS[kind];
  const print = milliseconds(kind === 'paced' ? 1 : 2);
  return {
    what: `The same at Messages, and at Responses, ${kind === 'paced' ? '10 ms apart' : 'in bursts'}`,
    passThrough: print(median(pass)),
    baseline: `reader loop ${print(median(loop))}`,
    default: ratioOf(messages, loop, aim, print),
    cursor: ratioOf(responses, loop, aim, print),
    aim: `${aim}x`,
  };
}

const LARGE_AIM = 3;

function largeRows({ large }: Results): Row[] {
  return (['default', 'messages', 'responses'] as const).map((name) => ({
    what: `CPU per request, 300 KB, at ${name === 'default' ? 'Chat Completions' : name === 'messages' ? 'Messages' : 'Responses'}`,
    passThrough: '',
    baseline: `parse and print ${microseconds(median(large.parse))}`,
    default: ratioOf(large[name], large.parse, LARGE_AIM, microseconds),
    cursor: '',
    aim: `${LARGE_AIM}x`,
  }));
}

const FIRST_BYTE_AIM_MS = 1;

function firstByteRow({ firstByte }: Results): Row {
  function later(name: 'default' | 'cursor'): string {
    const added = firstByte[name].map((value, round) => value - (firstByte.direct[round] ?? Number.NaN));
    const best = bestOf(added);
    return judged(`+${median(added).toFixed(2)} ms, best +${best.toFixed(2)} ms`, best, FIRST_BYTE_AIM_MS);
  }
  const print = milliseconds(2);
  return {
    what: 'Time to first byte',
    passThrough: print(median(firstByte.pass)),
    baseline: `no router ${print(median(firstByte.direct))}`,
    default: later('default'),
    cursor: later('cursor'),
    aim: `+${FIRST_BYTE_AIM_MS} ms`,
  };
}

const WHOLE_AIM = 1.3;

function wholeRow({ connections, cursor, cursorCalls, default: plain, defaultCalls, pass, size }: WholeResult): Row {
  return {
    what: `CPU per request, ${size}, ${connections} connections`,
    passThrough: microseconds(median(pass)),
    baseline: `same calls ${microseconds(median(defaultCalls))}, ${microseconds(median(cursorCalls))}`,
    default: ratioOf(plain, defaultCalls, WHOLE_AIM, microseconds),
    cursor: ratioOf(cursor, cursorCalls, WHOLE_AIM, microseconds),
    aim: `${WHOLE_AIM}x`,
  };
}

const ROUTE_AIM = 1.03;

function routeRow({ route }: Results): Row {
  return {
    what: 'CPU per request, 60 KB, a route of three targets and four credentials',
    passThrough: '',
    baseline: `one target ${microseconds(median(route.one))}`,
    default: ratioOf(route.three, route.one, ROUTE_AIM, microseconds),
    cursor: '',
    aim: `${ROUTE_AIM}x`,
  };
}

const MEMORY_AIMS_MIB = { default: 150, cursor: 220 } as const;

function memoryRow({ memory }: Results): Row {
  function peakOf(name: 'default' | 'cursor'): string {
    const { idle, peak } = memory[name];
    return judged(`${mebibytes(peak)}, idle ${mebibytes(idle)}`, peak, MEMORY_AIMS_MIB[name]);
  }
  return {
    what: 'Memory, 200 slow streams',
    passThrough: mebibytes(memory.pass.peak),
    baseline: `reader loop ${mebibytes(memory.loop.peak)}`,
    default: peakOf('default'),
    cursor: peakOf('cursor'),
    aim: `${MEMORY_AIMS_MIB.default}, ${MEMORY_AIMS_MIB.cursor} MiB`,
  };
}

const BUNDLE_AIM_KB = 100;
const START_AIM_MS = 30;

function deploymentRows({ bundleGzipBytes, startMs }: Results): Row[] {
  const none = { passThrough: '', baseline: '', cursor: '' };
  const kilobytes = bundleGzipBytes / 1_000;
  const best = bestOf(startMs);
  const start = `${median(startMs).toFixed(0)} ms, best ${best.toFixed(0)} ms`;
  return [
    {
      ...none,
      what: 'Bundle, gzip',
      default: judged(`${kilobytes.toFixed(0)} KB`, kilobytes, BUNDLE_AIM_KB),
      aim: `${BUNDLE_AIM_KB} KB`,
    },
    {
      ...none,
      what: 'Start-up, V8 busy',
      default: judged(start, best, START_AIM_MS),
      aim: `${START_AIM_MS} ms`,
    },
  ];
}

function tableOf(rows: readonly Row[]): string {
  const columns = Object.keys(TITLES) as (keyof Row)[]; // the keys written above
  const lines = [TITLES, ...rows];
  const widths = columns.map((column) => Math.max(...lines.map((line) => line[column].length)));
  const printed = lines.map(
    (line) => `| ${columns.map((column, at) => line[column].padEnd(widths[at] ?? 0)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [printed[0], rule, ...printed.slice(1)].join('\n');
}

/** The table of the README, in Markdown, with the machine under it. */
export function printReport(results: Results, machine: Machine, seconds: number): string {
  const { processor, cores, memoryGiB, system, node, workerd, load } = machine;
  return [
    tableOf([
      eventRow(results, 'paced'),
      eventRow(results, 'bursts'),
      doorRow(results, 'paced'),
      doorRow(results, 'bursts'),
      firstByteRow(results),
      ...results.whole.map(wholeRow),
      ...largeRows(results),
      routeRow(results),
      memoryRow(results),
      ...deploymentRows(results),
    ]),
    '',
    `CPU is the runtime process's own user and system time. Values are medians of the rounds, ratios are taken round by round, and the best third of the rounds decides. ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, workerd ${workerd}, Node ${node}; ${seconds.toFixed(0)} s.`,
    ...(load > 0.5 * cores
      ? [
          '',
          `The machine was busy before the start (load ${load.toFixed(1)}): run it again on an idle one before you trust the figures.`,
        ]
      : []),
  ].join('\n');
}
