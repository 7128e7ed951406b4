import type { Child } from 'hono/jsx';
import { ago, dateTime, localTime, shortTime, shortTimeWithSeconds } from './format.ts';
import { useView, type View } from './view.ts';

/** How much of an instant is written down. */
const LOOKS = {
  day: (at: string | number, view: View) => dateTime(at, view).slice(0, 10),
  minute: dateTime,
  short: shortTime,
  second: shortTimeWithSeconds,
  exact: (at: string | number, { offset }: View) => localTime(at, offset).slice(0, 23).replace('T', ' '),
  ago: (at: string | number, { now, texts }: View) => ago(new Date(at).getTime(), now, texts),
} as const;

interface TimeProps {
  /** ISO, or ms since 1970. What is no instant is shown as it is. */
  at: string | number;
  look?: keyof typeof LOOKS;
}

/** An instant at the router's offset. Who points at it, comes to it or touches it is told it in their own zone: see time-script. */
export function Time({ at, look = 'minute' }: TimeProps) {
  const view = useView();
  const instant = new Date(at).getTime();
  if (Number.isNaN(instant)) return <>{at}</>;
  return (
    <time datetime={new Date(instant).toISOString()} title={look === 'ago' ? dateTime(at, view) : undefined}>
      {LOOKS[look](at, view)}
    </time>
  );
}

const GAP = '\u0000';

/** A sentence with something in it that is more than text. */
export function Sentence({ words, children }: { words: (gap: string) => string; children?: Child }) {
  const [before = '', behind = ''] = words(GAP).split(GAP);
  return (
    <>
      {before}
      {children}
      {behind}
    </>
  );
}
