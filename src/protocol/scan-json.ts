import { MOST_MEMBERS } from './bounds.ts';
import { mendUnicodeEscape } from './half-surrogates.ts';

/** Where something stands in the bytes of a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What one pass over the bytes of a JSON object has found. */
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
const BACKSLASH = 92;
const LOWER_E = 101;
const LOWER_U = 117;
const SPACE = 32;

// What a byte means outside of strings: white space, words and all beyond ASCII mean nothing. From `STRING` on it is of
// use to the members of an object.
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
  bytes: Uint8Array;
  members: { key: Span; value: Span }[];
  fault: JsonScan['fault'];
  hasLongNumbers: boolean;
  key: Span | null;
  /** Where the value begins. */
  start: number;
}

/** The offset behind the string that starts at `start`. Halves of surrogate pairs in it are mended. */
function passString(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  for (let at = start + 1; at < length; at += 1) {
    const code = bytes[at];
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at = bytes[at + 1] === LOWER_U ? mendUnicodeEscape(bytes, at) - 1 : at + 1;
  }
  return length;
}

/** The offset behind the digits that start at `start`. */
function passDigits(walk: Walk, start: number): number {
  const { bytes } = walk;
  let end = start + 1;
  while (ROLES[bytes[end] ?? SPACE] === DIGIT) end += 1;
  if (end - start >= LONG_NUMBER || ((bytes[end] ?? SPACE) | 32) === LOWER_E) walk.hasLongNumbers = true;
  return end;
}

/** The span without the white space at its ends. */
function trimmed(bytes: Uint8Array, start: number, end: number): Span {
  let first = start;
  let last = end;
  while (first < last && (bytes[first] ?? 0) <= SPACE) first += 1;
  while (last > first && (bytes[last - 1] ?? 0) <= SPACE) last -= 1;
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
    walk.members.push({ key: walk.key, value: trimmed(walk.bytes, walk.start, at) });
    walk.key = null;
  }
}

/** The offset behind what begins at this place. */
function pass(walk: Walk, role: number, at: number): number {
  if (role === STRING) return passString(walk.bytes, at);
  return role === DIGIT ? passDigits(walk, at) : at + 1;
}

/**
 * Goes once over the bytes of what may be a JSON object, mends halves of surrogate pairs in them, and tells what it has
 * seen. What is no JSON it walks over as well: to be believed where the text has been parsed.
 */
export function scanJson(bytes: Uint8Array): JsonScan {
  const walk: Walk = { bytes, members: [], fault: null, hasLongNumbers: false, key: null, start: 0 };
  const { length } = bytes;
  let depth = 0;
  for (let at = 0; at < length; at += 1) {
    const code = bytes[at] ?? SPACE;
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
