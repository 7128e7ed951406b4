// Crockford's base 32 in lower case: sorts as its numbers do. https://github.com/ulid/spec
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

function timePart(milliseconds: number): string {
  let text = '';
  let rest = Math.trunc(milliseconds);
  for (let position = 0; position < 10; position += 1) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** A new request id, `req_` and a ULID: unique, and ordered by time to the millisecond. `now` is ms since 1970. */
export function requestId(now: number): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  let text = '';
  for (const byte of random) text += ALPHABET.charAt(byte & 31);
  return `req_${timePart(now)}${text}`;
}

/** The smallest request id of an instant: all ids before it are older. `time` is ms since 1970. */
export function requestIdFloor(time: number): string {
  return `req_${timePart(time)}${'0'.repeat(16)}`;
}

/** When a request id was made, in ms since 1970; null where the text is none. */
export function requestTime(id: string): number | null {
  const match = /^req_([0-9a-hjkmnp-tv-z]{10})/.exec(id);
  if (match === null) return null;
  let time = 0;
  for (const letter of match[1] ?? '') time = time * 32 + ALPHABET.indexOf(letter);
  return time;
}
