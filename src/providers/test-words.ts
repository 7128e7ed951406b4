/* The test provider's tokens: words. A body of five million is cut and counted in one pass, without a list of them. */

/** So many words come one by one; more would cost a small request more than it may. */
const SINGLE_WORDS = 1_024;
/** What is longer is no word, and is cut. */
const LONGEST_WORD = 512;
/** Behind the single words, a piece has this many characters, up to its last word. */
const PIECE_LENGTH = 32 * 1024;

/** What `\s` of a regular expression takes, by code unit: 1 for a blank. A table, since a body may hold ten million. */
const BLANK = new Uint8Array(0x1_0000);
for (const character of '\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff')
  BLANK[character.charCodeAt(0)] = 1;
BLANK.fill(1, 0x2000, 0x200b);

export function countWords(text: string): number {
  const { length } = text;
  let words = 0;
  let before = 1;
  for (let index = 0; index < length; index += 1) {
    const blank = BLANK[text.charCodeAt(index)] ?? 0;
    words += before & (blank ^ 1);
    before = blank;
  }
  return words;
}

/** Where the row of blanks, or of anything else, ends that begins at `start`; `end` where that is nearer. */
function rowEnd(text: string, start: number, end: number, blank: number): number {
  let index = start;
  while (index < end && BLANK[text.charCodeAt(index)] === blank) index += 1;
  return index;
}

/** Where the word that begins at `start` ends, with the blanks on both its sides. */
function wordEnd(text: string, start: number): number {
  const end = Math.min(text.length, start + LONGEST_WORD);
  const word = rowEnd(text, start, end, 1);
  return rowEnd(text, rowEnd(text, word, end, 0), end, 1);
}

/** Where a piece of many words ends: behind the last one that is whole, if it is near. */
function pieceEnd(text: string, start: number): number {
  const end = start + PIECE_LENGTH;
  if (end >= text.length) return text.length;
  for (let index = end; index > end - LONGEST_WORD; index -= 1)
    if (BLANK[text.charCodeAt(index - 1)] === 1) return index;
  return end;
}

/** A cut never goes through a surrogate pair. */
function wholeCharacters(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code < 0xdc00 && end < text.length ? end + 1 : end;
}

/** A text cut after its words, a long one after every few thousand. The pieces joined are the text exactly. */
export function* pieces(text: string): Generator<string> {
  let start = 0;
  for (let count = 0; start < text.length; count += 1) {
    const end = wholeCharacters(text, count < SINGLE_WORDS ? wordEnd(text, start) : pieceEnd(text, start));
    yield text.slice(start, end);
    start = end;
  }
}
