import { daysBefore } from '../../ledger/windows.ts';
import { SPEND_GROUPS, type Span, type SpendGroup } from '../../store/grouped-spend.ts';

export const RANGES = ['7', '30', '90', 'month', 'last'] as const;
type Range = (typeof RANGES)[number];

/** What the overview's address asks for. */
export interface Asked {
  /** `own` for days that somebody chose. */
  range: Range | 'own';
  by: SpendGroup;
  span: Span;
  /** The period before it, as long. */
  before: Span;
}

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 366;

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** How many days a span has. */
export function lengthOf({ from, to }: Span): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
}

function firstOfMonth(day: string): string {
  return `${day.slice(0, 7)}-01`;
}

function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

/** The days that a range means on a day, with those before it. Of a month that runs, as many days of the one before. */
function spansOf(range: Range, today: string): { span: Span; before: Span } {
  const thisMonth = firstOfMonth(today);
  const lastMonth = firstOfMonth(daysBefore(thisMonth, 1));
  if (range === 'month') {
    const sameDay = daysBefore(lastMonth, 1 - lengthOf({ from: thisMonth, to: today }));
    return {
      span: { from: thisMonth, to: today },
      before: { from: lastMonth, to: earlier(sameDay, daysBefore(thisMonth, 1)) },
    };
  }
  if (range === 'last') {
    const first = firstOfMonth(daysBefore(lastMonth, 1));
    return {
      span: { from: lastMonth, to: daysBefore(thisMonth, 1) },
      before: { from: first, to: daysBefore(lastMonth, 1) },
    };
  }
  return withBefore({ from: daysBefore(today, Number(range) - 1), to: today });
}

function withBefore(span: Span): { span: Span; before: Span } {
  const before = { from: daysBefore(span.from, lengthOf(span)), to: daysBefore(span.from, 1) };
  return { span, before };
}

/** Reads range and grouping from the address; what cannot be meant is the last 30 days by model. */
export function readAsked(read: (name: string) => string | undefined, today: string): Asked {
  const by = SPEND_GROUPS.find((group) => group === read('by')) ?? 'model';
  const [from = '', to = ''] = [read('from'), read('to')];
  const range = RANGES.find((name) => name === read('range'));
  if (range === undefined && isDay(from) && isDay(to)) {
    const [first = from, last = to] = [from, to].toSorted();
    const begins = lengthOf({ from: first, to: last }) > LONGEST_DAYS ? daysBefore(last, LONGEST_DAYS - 1) : first;
    return { range: 'own', by, ...withBefore({ from: begins, to: last }) };
  }
  return { range: range ?? '30', by, ...spansOf(range ?? '30', today) };
}

/** The address of what is asked, with some of it changed. */
export function addressOf({ range, by, span }: Pick<Asked, 'range' | 'by' | 'span'>, path = '/admin'): string {
  const days = range === 'own' ? span : { range };
  return `${path}?${new URLSearchParams({ ...days, by })}`;
}

/** What a month comes to if it goes on as it began. `elapsed` and `whole` are lengths of time. */
export function paceOf(spent: number, elapsed: number, whole: number): number | null {
  return elapsed <= 0 ? null : Math.round((spent * whole) / elapsed);
}
