/*
 * A character beyond the first 65,536 is a pair of surrogates in UTF-16, and JSON may write it as two escapes. A client that
 * cuts a text by its length leaves half of one: `"\ud83d"`. UTF-8 has no place for it, and providers refuse the whole
 * request, in every later turn too: https://github.com/CherryHQ/cherry-studio/pull/20614.
 */

const BACKSLASH = 92;
const LOWER_U = 117;
const LOWER_D = 100;
const LOWER_F = 102;
const ESCAPE_LENGTH = 6;
// A search has a price of its own, which is paid only where the next escape is far.
const WALKED = 32;

/** The value of a hexadecimal digit, or 16. */
export function digitAt(bytes: Uint8Array, at: number): number {
  const code = (bytes[at] ?? 0) | 32;
  if (code >= 97 && code <= 102) return code - 87;
  const digit = (bytes[at] ?? 0) - 48;
  return digit >= 0 && digit <= 9 ? digit : 16;
}

/** Which half of a pair the escape at this place is. */
export function halfAt(bytes: Uint8Array, at: number): 'high' | 'low' | null {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== LOWER_U || ((bytes[at + 2] ?? 0) | 32) !== LOWER_D) return null;
  const half = digitAt(bytes, at + 3);
  if (half < 8 || half > 15 || digitAt(bytes, at + 4) > 15 || digitAt(bytes, at + 5) > 15) return null;
  return half < 12 ? 'high' : 'low';
}

/** The next backslash from `start` on; -1 where there is none. */
function nextBackslash(bytes: Uint8Array, start: number): number {
  const near = Math.min(start + WALKED, bytes.length);
  for (let at = start; at < near; at += 1) if (bytes[at] === BACKSLASH) return at;
  return bytes.indexOf(BACKSLASH, near);
}

/**
 * Puts U+FFFD in the place of the escape at this backslash where it is half a surrogate pair, in the bytes themselves: an
 * escape has the same length. Answers the offset behind what needs no other look.
 */
function mendUnicodeEscape(json: Uint8Array, at: number): number {
  const half = halfAt(json, at);
  // Any other escape: the character behind the backslash is not one that begins the next.
  if (half === null) return at + 2;
  if (half === 'high' && halfAt(json, at + ESCAPE_LENGTH) === 'low') return at + 2 * ESCAPE_LENGTH;
  // One by one: a call for four bytes costs more than all else here.
  json[at + 2] = LOWER_F;
  json[at + 3] = LOWER_F;
  json[at + 4] = LOWER_F;
  json[at + 5] = LOWER_D;
  return at + ESCAPE_LENGTH;
}

/** Mends all escapes of a text. JSON that is clean stays as it is, to the byte. True where something was put in. */
export function mendHalfSurrogates(json: Uint8Array): boolean {
  let mended = false;
  for (let at = nextBackslash(json, 0); at >= 0; ) {
    const digit = json[at + 2];
    const end = mendUnicodeEscape(json, at);
    mended ||= json[at + 2] !== digit;
    at = nextBackslash(json, end);
  }
  return mended;
}

const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

/** Whether JSON has escapes of surrogates at all; most of those are pairs. */
export function mayHoldHalves(json: string): boolean {
  return ESCAPED_SURROGATE.test(json);
}

/** JSON with U+FFFD in the place of each escaped half; the very same text where there is none. */
export function withoutHalves(json: string): string {
  if (!mayHoldHalves(json)) return json;
  const bytes = new TextEncoder().encode(json);
  return mendHalfSurrogates(bytes) ? new TextDecoder('utf-8', { ignoreBOM: true, fatal: false }).decode(bytes) : json;
}
