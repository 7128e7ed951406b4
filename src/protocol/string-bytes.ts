import { digitAt, halfAt } from './half-surrogates.ts';

/* The inside of a JSON string in its bytes: what may stand there, and how much it says. RFC 8259, section 7. */

const BACKSLASH = 92;
const LOWER_U = 117;
const SHORT_LENGTH = 2;
const UNICODE_LENGTH = 6;
// What may stand behind a backslash, but for `u`.
const SHORT_ESCAPES: ReadonlySet<number | undefined> = new Set(
  ['"', '\\', '/', 'b', 'f', 'n', 'r', 't'].map((character) => character.charCodeAt(0)),
);

/** The offset behind the escape at this backslash; -1 where it is none, or may be half of a pair. */
export function escapeEnd(bytes: Uint8Array, at: number): number {
  if (SHORT_ESCAPES.has(bytes[at + 1])) return at + SHORT_LENGTH;
  if (bytes[at + 1] !== LOWER_U || halfAt(bytes, at) !== null) return -1;
  for (let digit = at + 2; digit < at + UNICODE_LENGTH; digit += 1) if (digitAt(bytes, digit) > 15) return -1;
  return at + UNICODE_LENGTH;
}

/** The offset behind the character at this place, one beyond ASCII; -1 where it is no UTF-8. Unicode, table 3-7. */
export function characterEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0xc2 || first > 0xf4) return -1;
  const second = bytes[at + 1] ?? 0;
  // Longer than need be, or half of a pair, or beyond the last character.
  if (first === 0xe0 && second < 0xa0) return -1;
  if (first === 0xed && second > 0x9f) return -1;
  if (first === 0xf0 && second < 0x90) return -1;
  if (first === 0xf4 && second > 0x8f) return -1;
  const end = at + (first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
  for (let next = at + 1; next < end; next += 1) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return -1;
  return end;
}

/** Bytes of UTF-8 that the escape at this backslash stands for: of four digits, by their value. */
function escapedBytes(bytes: Uint8Array, at: number): number {
  if (bytes[at + 1] !== LOWER_U) return 1;
  const high = digitAt(bytes, at + 2) * 16 + digitAt(bytes, at + 3);
  if (high > 7) return 3;
  return high > 0 || digitAt(bytes, at + 4) > 7 ? 2 : 1;
}

/** Bytes of UTF-8 that the first `length` bytes say, the inside of a string or of several, without halves of pairs. */
export function unescapedBytes(bytes: Uint8Array, length: number): number {
  let said = 0;
  for (let at = 0; at < length; ) {
    const isEscape = bytes[at] === BACKSLASH;
    said += isEscape ? escapedBytes(bytes, at) : 1;
    at += !isEscape ? 1 : bytes[at + 1] === LOWER_U ? UNICODE_LENGTH : SHORT_LENGTH;
  }
  return said;
}
