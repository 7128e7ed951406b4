import type { describeModel } from '../catalog/describe.ts';
import { say, table, terminalWidth } from './print.ts';

type Described = ReturnType<typeof describeModel>;

/** What is wider than this does not fit a terminal, a mail or an issue. */
const WIDTH = 100;

const COLUMNS = [
  { title: 'MODEL' },
  { title: 'CONTEXT', right: true },
  { title: 'INPUT', right: true },
  { title: 'CACHED', right: true },
  { title: 'OUTPUT', right: true },
  { title: 'THINKS' },
  { title: 'BESIDE TEXT', flexible: true, spare: true },
];

const THINKING = { none: 'no', always: 'always', switch: 'on/off' } as const;

function pricesOf(prices: { input: number; cached_input: number; output: number }): string {
  return `${prices.input} / ${prices.cached_input} / ${prices.output}`;
}

function rowOf({ id, context_length, pricing, thinking, inputs }: Described): string[] {
  const prices = pricing === null ? ['?', '?', '?'] : [pricing.input, pricing.cached_input, pricing.output].map(String);
  return [
    id,
    context_length?.toLocaleString('en-US') ?? '?',
    ...prices,
    thinking === null ? '?' : THINKING[thinking.kind],
    inputs?.filter((input) => input !== 'text').join('+') ?? '?',
  ];
}

/** Words in lines of a width; every line but the first is indented. */
function wrap(text: string, width: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.trim() !== '' && line.length + 1 + word.length > width) lines.push(`    ${word}`);
    else lines[lines.length - 1] = line === '' ? `  ${word}` : `${line} ${word}`;
  }
  return lines.join('\n');
}

/** The prices that hold at other hours, and those to come. */
function laterPrices(models: readonly Described[]): string[] {
  return models.flatMap(({ id, pricing }) => [
    ...(pricing?.bands ?? []).map((band) => {
      const hours = band.hours_utc.map(({ from, to }) => `${from}-${to}`).join(' and ');
      return `${id}, ${band.name} hours (${hours} UTC on working days): ${pricesOf(band)}`;
    }),
    ...(pricing?.otherwise === undefined ? [] : [`${id}, at other hours: ${pricesOf(pricing.otherwise)}`]),
    ...(pricing?.upcoming ?? []).map((table) => `${id}, from ${table.valid_from}: ${pricesOf(table)}`),
  ]);
}

/** Names beside the one that every model has without its provider. */
function otherNames(models: readonly Described[]): string[] {
  return models.flatMap(({ id, aliases }) => {
    const plain = id.slice(id.indexOf('/') + 1);
    const others = aliases.filter((name) => name !== plain && name.includes('/'));
    return others.length === 0 ? [] : [`${id}: ${others.join(', ')}`];
  });
}

/** Models that share a remark, before it. */
function grouped(models: readonly Described[], remarkOf: (model: Described) => string | null): string[] {
  const byRemark = Map.groupBy(models, remarkOf);
  return [...byRemark].flatMap(([remark, those]) =>
    remark === null ? [] : [`${those.map(({ id }) => id).join(', ')}: ${remark}`],
  );
}

function effortsOf({ thinking }: Described): string | null {
  return thinking === null || thinking.kind === 'none' || thinking.efforts.length === 0
    ? null
    : thinking.efforts.join(', ');
}

/** Prints models as a table, and what else there is to say of them behind it. */
export function sayModels(models: readonly Described[]): void {
  const width = Math.min(terminalWidth(), WIDTH);
  say(table(COLUMNS, models.map(rowOf), width));
  const sections: [string, string[]][] = [
    ['Other prices (input / cached / output)', laterPrices(models)],
    ['Efforts of thinking', grouped(models, effortsOf)],
    ['Other names; every name works without its provider too', otherNames(models)],
    ['Notes', grouped(models, ({ note }) => note ?? null)],
  ];
  for (const [title, lines] of sections) {
    if (lines.length > 0) say(`\n${title}:\n${lines.map((line) => wrap(line, width)).join('\n')}`);
  }
}
