import type { LogFilter } from '../../store/log-list.ts';
import { Field } from './field.tsx';
import type { FieldValues } from './read-form.ts';
import { useView } from './view.ts';

const DAY = /^\d{4}-\d\d-\d\d$/;
const MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;
const MINUTE_MS = 60_000;

/** Whether a text is a day, or a minute of one as the browser's field writes it. */
export function isMoment(text: string): boolean {
  return (DAY.test(text) || MINUTE.test(text)) && !Number.isNaN(Date.parse(text));
}

/**
 * What `from` and `to` ask for, both included: days are those that rows count for, minutes (at the view's offset) those
 * that requests began in. What is neither narrows nothing.
 */
export function readSpan(
  { from = '', to = '' }: FieldValues,
  offset: string,
): Pick<LogFilter, 'from' | 'to' | 'since' | 'until'> {
  const day = (text: string) => (DAY.test(text) && isMoment(text) ? text : undefined);
  const minute = (text: string) =>
    MINUTE.test(text) && isMoment(text) ? Date.parse(`${text}:00${offset}`) : undefined;
  const last = minute(to);
  return {
    from: day(from),
    to: day(to),
    since: minute(from),
    until: last === undefined ? undefined : last + MINUTE_MS,
  };
}

/** The values of the two fields: of a day its first and its last minute. */
export function spanValues({ from = '', to = '' }: FieldValues): FieldValues {
  return { from: DAY.test(from) ? `${from}T00:00` : from, to: DAY.test(to) ? `${to}T23:59` : to };
}

/** From when to when, to the minute. */
export function SpanFields() {
  const { me } = useView().texts;
  return (
    <>
      <Field name="from" type="datetime-local" label={me.from} />
      <Field name="to" type="datetime-local" label={me.to} />
    </>
  );
}
