/* What can be seen in the text of JSON without making its value. */

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** How much of a string is looked at letter by letter before its end is searched for. */
const WALKED = 32;

/** The offset behind the string that starts at `start`; the text's length where it does not end. */
export function stringEnd(text: string, start: number): number {
  let index = start + 1;
  for (;;) {
    // A search has a price of its own: short strings, and those full of escapes, are walked.
    for (const near = index + WALKED; index < near; index += 1) {
      const code = text.charCodeAt(index);
      if (code === QUOTE) return index + 1;
      if (code === BACKSLASH) index += 1;
    }
    const quote = text.indexOf('"', index);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (quote - slashes > index && text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    index = quote + 1;
  }
}

/** How many values JSON holds, roughly; null where they are more than `most`, or stand deeper than `deepest`. */
export function countValues(text: string, most: number, deepest: number): number | null {
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
    if (values > most || depth > deepest) return null;
  }
  return values;
}
