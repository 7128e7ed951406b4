/* The test provider's tokens: words. A body of five million is cut and counted in one pass, without a list of them. */

/** So many words come one by one; more would cost a small request more than it may. */
const SINGLE_WORDS = 1_024;
/** Then they come in pieces of this many characters, which is also the most that a word or a row of blanks may have. */
const PIECE_LENGTH = 32 * 1024;

const WIDE_BLANK = /\s/;

/** What `\s` of a regular expression takes. */
function isBlank(code: number): boolean {
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13);
  return code >= 160 && WIDE_BLANK.test(String.fromCharCode(code));
}

export function countWords(text: string): number {
  const { length } = text;
  let words = 0;
  let wasBlank = true;
  for (let index = 0; index < length; index += 1) {
    const blank = isBlank(text.charCodeAt(index));
    if (wasBlank && !blank) words += 1;
    wasBlank = blank;
  }
  return words;
}

/** Where the row of blanks, or of anything else, ends that begins at `start`; `end` where that is nearer. */
function rowEnd(text: string, start: number, end: number, blank: boolean): number {
  let index = start;
  while (index < end && isBlank(text.charCodeAt(index)) === blank) index += 1;
  return index;
}

/** Where the word that begins at `start` ends, with the blanks on both its sides. */
function wordEnd(text: string, start: number): number {
  const end = Math.min(text.length, start + PIECE_LENGTH);
  const word = rowEnd(text, start, end, true);
  return rowEnd(text, rowEnd(text, word, end, false), end, true);
}

/** Where a piece of many words ends: behind the last one that is whole, if any is. */
function pieceEnd(text: string, start: number): number {
  const end = start + PIECE_LENGTH;
  if (end >= text.length) return text.length;
  for (let index = end; index > start; index -= 1) if (isBlank(text.charCodeAt(index - 1))) return index;
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
