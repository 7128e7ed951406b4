import { parseJson } from './json.ts';

/* What can be seen in the text of JSON without making its value. */

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Escaped quotes no further from each other than this are walked to for a while: in a text of them each search would cost its price. */
const NEAR = 4;
const WALKED = 32;

/** Whether the character at this place stands behind an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}

/**
 * The offset behind the string that starts at `start`; the text's length where it does not end. To search for the end costs
 * a fraction of looking at each character.
 */
export function stringEnd(text: string, start: number): number {
  let index = start + 1;
  for (;;) {
    const quote = text.indexOf('"', index);
    if (quote < 0) return text.length;
    if (!isEscaped(text, quote)) return quote + 1;
    const end = quote - index < NEAR ? quote + WALKED : quote;
    for (index = quote + 1; index < end; index += 1) {
      const code = text.charCodeAt(index);
      if (code === QUOTE) return index + 1;
      if (code === BACKSLASH) index += 1;
    }
  }
}

/**
 * How much JSON inside of texts a request may still have read. What agents send is far less; the arguments of ten megabytes
 * of calls may hold three million objects, and to whoever parsed the body they were texts.
 */
export interface Allowance {
  readonly characters: number;
  readonly values: number;
}

export const FULL_ALLOWANCE: Allowance = { characters: 2_097_152, values: 20_000 };
/** Deeper JSON inside of a text is not read. */
const DEEPEST = 64;

/** What is left of an allowance after a text is read; null where it is not enough. */
export function spend({ characters, values }: Allowance, text: string): Allowance | null {
  if (text.length > characters) return null;
  const spent = countValues(text, values);
  return spent === null ? null : { characters: characters - text.length, values: values - spent };
}

/** Whether a text is JSON. */
export type JsonJudge = (text: string) => boolean;

/** A judge for one request: beyond its allowance a text is judged by its ends. */
export function judgeJson(): JsonJudge {
  let allowance = FULL_ALLOWANCE;
  return (text) => {
    const left = spend(allowance, text);
    if (left === null) return /^\s*[[{]/.test(text) && /[\]}]\s*$/.test(text.slice(-64));
    allowance = left;
    return parseJson(text) !== undefined;
  };
}

/** How many values JSON holds, roughly; null where they are more than `most`, or stand too deep. */
function countValues(text: string, most: number): number | null {
  let values = 1;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = stringEnd(text, index) - 1;
    else if (code === COMMA) values += 1;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      values += 1;
      depth += 1;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
    if (values > most || depth > DEEPEST) return null;
  }
  return values;
}
