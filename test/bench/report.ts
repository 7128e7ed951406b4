import type { Machine } from './machine.ts';
import { PROVIDER_TAKES_MS, type Results, type WholeResult } from './results.ts';
import { mean, median, type Rounds, ratios, standardError } from './statistics.ts';

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

const EVENT_AIMS = { paced: { default: 1.05, cursor: 1.1 }, bursts: { default: 1.25, cursor: 1.6 } } as const;

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
const DOOR_NAMES = { default: 'Chat Completions', messages: 'Messages', responses: 'Responses' } as const;

/** Once against what reading and writing JSON costs, and once against the same with the ledger's calls. */
function largeRows({ large }: Results): Row[] {
  const ledger = median(large.callsParse.map((value, round) => value - (large.parse[round] ?? Number.NaN)));
  const baselines = [
    { name: 'parse', label: 'parse and print', aim: LARGE_AIM },
    {
      name: 'callsParse',
      label: `parse and print, and the ledger's calls (${microseconds(ledger)} of it)`,
      aim: WHOLE_AIM,
    },
  ] as const;
  return baselines.flatMap(({ aim, label, name }) =>
    (['default', 'messages', 'responses'] as const).map((door) => ({
      what: `CPU per request, 300 KB, at ${DOOR_NAMES[door]}`,
      passThrough: '',
      baseline: `${label} ${microseconds(median(large[name]))}`,
      default: ratioOf(large[door], large[name], aim, microseconds),
      cursor: '',
      aim: `${aim}x`,
    })),
  );
}

const FIRST_BYTE_AIM = 1.3;

function firstByteRow({ firstByte }: Results): Row {
  const print = milliseconds(2);
  const { begin, cursor, default: plain, direct, pass } = firstByte;
  return {
    what: 'Time to first byte, provider answers at once',
    passThrough: print(median(pass)),
    baseline: `the same \`begin\` before it ${print(median(begin))}; no router ${print(median(direct))}`,
    default: ratioOf(plain, begin, FIRST_BYTE_AIM, print),
    cursor: ratioOf(cursor, begin, FIRST_BYTE_AIM, print),
    aim: `${FIRST_BYTE_AIM}x`,
  };
}

const SLOW_FIRST_BYTE_AIMS = { default: 1.03, limited: 1.06 } as const;

function slowFirstByteRow({ slowFirstByte: { default: plain, limited, pass } }: Results): Row {
  const print = milliseconds(1);
  return {
    what: `The same, provider takes ${PROVIDER_TAKES_MS} ms: a key without limits, and one with`,
    passThrough: print(median(pass)),
    baseline: 'native pass-through',
    default: ratioOf(plain, pass, SLOW_FIRST_BYTE_AIMS.default, print),
    cursor: ratioOf(limited, pass, SLOW_FIRST_BYTE_AIMS.limited, print),
    aim: `${SLOW_FIRST_BYTE_AIMS.default}x, ${SLOW_FIRST_BYTE_AIMS.limited}x`,
  };
}

const WHOLE_AIM = 1.3;

function wholeRow({ connections, cursor, cursorCalls, default: plain, defaultCalls, pass, size }: WholeResult): Row {
  return {
    what: `CPU per request, ${size}, ${connections} connections`,
    passThrough: microseconds(median(pass)),
    baseline: `same calls${size === '300 B' ? '' : ', parse and print'} ${microseconds(median(defaultCalls))}, ${microseconds(median(cursorCalls))}`,
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

const BUDGET_AIM = 1.02;

/**
 * Both keys wait for their ledger: what is looked at is the second purse alone. The mean of all rounds decides: what the
 * purse costs comes with a draw now and then, which the middle one would not show.
 */
function budgetRow({ budget }: Results): Row {
  const ratio = mean(budget.shared) / mean(budget.own);
  const error = standardError(ratios(budget.shared, budget.own));
  const text = `${microseconds(mean(budget.shared))}: ${ratio.toFixed(3)}x ± ${error.toFixed(3)}`;
  return {
    what: 'CPU per request, 300 B, 16 connections: a key with a budget of its own whose user has one too',
    passThrough: '',
    baseline: `a key with a budget of its own alone ${microseconds(mean(budget.own))}`,
    default: judged(text, ratio, BUDGET_AIM),
    cursor: '',
    aim: `${BUDGET_AIM}x`,
  };
}

const MEMORY_AIM = 1.05;

function memoryRow({ memory }: Results): Row {
  const loop = memory.loop.peak;
  function peakOf(name: 'default' | 'cursor'): string {
    const { idle, peak } = memory[name];
    const text = `${mebibytes(peak)}: ${(peak / loop).toFixed(2)}x, idle ${mebibytes(idle)}`;
    return judged(text, peak / loop, MEMORY_AIM);
  }
  return {
    what: 'Memory, 200 slow streams',
    passThrough: mebibytes(memory.pass.peak),
    baseline: `reader loop ${mebibytes(loop)}`,
    default: peakOf('default'),
    cursor: peakOf('cursor'),
    aim: `${MEMORY_AIM}x`,
  };
}

const BUNDLE_AIM_KB = 100;
const START_AIM = 1.3;

function deploymentRows({ bundleGzipBytes, startMs }: Results): Row[] {
  const none = { passThrough: '', baseline: '', cursor: '' };
  const kilobytes = bundleGzipBytes / 1_000;
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
      baseline: `a bare Hono app with zod and Drizzle ${milliseconds(0)(median(startMs.bareApp))}`,
      default: ratioOf(startMs.router, startMs.bareApp, START_AIM, milliseconds(0)),
      aim: `${START_AIM}x`,
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
      slowFirstByteRow(results),
      ...results.whole.map(wholeRow),
      ...largeRows(results),
      routeRow(results),
      budgetRow(results),
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
