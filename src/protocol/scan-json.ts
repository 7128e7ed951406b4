import { MOST_MEMBERS } from './bounds.ts';
import { stringEnd } from './json-text.ts';

/** Where something stands in a text, or in its bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What one pass over the text of a JSON object has found. */
export interface JsonScan {
  /** Members at the top, in the order of the text; equal keys are here each. White space around values is left out. */
  readonly members: readonly { readonly key: Span; readonly value: Span }[];
  /** Why the pass has ended before the text did; null where it has not. */
  readonly fault: 'too deep' | 'too many members' | null;
  /** True where a number is so long, or so large, that it may not print as it was written. */
  readonly hasLongNumbers: boolean;
}

/** The root is depth 1. */
export const DEPTH_LIMIT = 64;
/** So many digits may be more than JavaScript can count. */
const LONG_NUMBER = 16;

const QUOTE = 34;
const COLON = 58;
const LOWER_E = 101;
const SPACE = 32;

// What a character means outside of strings: white space, words and all beyond ASCII mean nothing. From `STRING` on it is
// of use to the members of an object.
const NOTHING = 0;
const DIGIT = 1;
const OPENS = 2;
const STRING = 3;
const PARTS = 4;
const CLOSES = 5;
const ROLES = new Uint8Array(256);
for (const [characters, role] of [
  ['"', STRING],
  ['[{', OPENS],
  [']}', CLOSES],
  [',:', PARTS],
  ['0123456789', DIGIT],
] as const) {
  for (const character of characters) ROLES[character.charCodeAt(0)] = role;
}

/** A walk under way. Plain data: a closure made for each body would make V8 compile the walk anew. */
interface Walk {
  text: string;
  members: { key: Span; value: Span }[];
  fault: JsonScan['fault'];
  hasLongNumbers: boolean;
  key: Span | null;
  /** Where the value begins. */
  start: number;
}

/** The offset behind the digits that start at `start`. */
function passDigits(walk: Walk, start: number): number {
  const { text } = walk;
  let end = start + 1;
  while (ROLES[text.charCodeAt(end)] === DIGIT) end += 1;
  if (end - start >= LONG_NUMBER || (text.charCodeAt(end) | 32) === LOWER_E) walk.hasLongNumbers = true;
  return end;
}

/** The span without the white space at its ends. */
function trimmed(text: string, start: number, end: number): Span {
  let first = start;
  let last = end;
  while (first < last && text.charCodeAt(first) <= SPACE) first += 1;
  while (last > first && text.charCodeAt(last - 1) <= SPACE) last -= 1;
  return { start: first, end: last };
}

/** Takes a string, a colon, a comma or the end, as they stand at the object's own depth. */
function takePart(walk: Walk, code: number, at: number, end: number): void {
  if (code === QUOTE) {
    walk.key ??= { start: at, end };
  } else if (code === COLON) {
    walk.start = end;
  } else if (walk.key !== null) {
    if (walk.members.length === MOST_MEMBERS) walk.fault = 'too many members';
    walk.members.push({ key: walk.key, value: trimmed(walk.text, walk.start, at) });
    walk.key = null;
  }
}

/** The offset behind what begins at this place. */
function pass(walk: Walk, role: number, at: number): number {
  if (role === STRING) return stringEnd(walk.text, at);
  return role === DIGIT ? passDigits(walk, at) : at + 1;
}

/** Goes once over the text of a JSON object, from string to string, and tells what it has seen. */
export function scanJson(text: string): JsonScan {
  const walk: Walk = { text, members: [], fault: null, hasLongNumbers: false, key: null, start: 0 };
  const { length } = text;
  let depth = 0;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    const role = ROLES[code] ?? NOTHING;
    if (role === NOTHING) continue;
    const end = pass(walk, role, at);
    if (depth === 1 && role >= STRING) takePart(walk, code, at, end);
    if (role === OPENS) depth += 1;
    else if (role === CLOSES) depth -= 1;
    if (depth > DEPTH_LIMIT) walk.fault = 'too deep';
    if (walk.fault !== null) break;
    at = end - 1;
  }
  return walk;
}
