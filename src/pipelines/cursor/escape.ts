/*
 * Reasoning may speak of the very tags that it is shown between. A backslash after the bracket tells such a tag
 * from a real one: `</think>` becomes `<\/think>`, and a backslash that stood there gets company: `<\` becomes `<\\`.
 * Taking one backslash after each bracket away is exactly the way back.
 */

const TAGS = ['<think', '</think', '<details', '</details'];
const TAG = /<(?=\\|\/?(?:think|details))/gi;
const ESCAPED = /<\\/g;
const LONGEST_TAG = '</details'.length;

function escapeTags(text: string): string {
  return text.replace(TAG, '<\\');
}

/** Takes escaped text back to what it was. */
export function unescapeTags(text: string): string {
  return text.replace(ESCAPED, '<');
}

/** Escapes text that comes in pieces. */
export interface Escaper {
  /** What can be shown now; the beginning of a possible tag is held back. */
  push(text: string): string;
  /** What was held back. */
  end(): string;
  isHolding(): boolean;
}

/** Where a tag may begin that is cut off by the end of the text; the text's length where none does. */
function openTagStart(text: string): number {
  const start = text.lastIndexOf('<');
  if (start < 0 || text.length - start >= LONGEST_TAG) return text.length;
  const tail = text.slice(start).toLowerCase();
  return TAGS.some((tag) => tag.length > tail.length && tag.startsWith(tail)) ? start : text.length;
}

/** An escaper for one text. */
export function createEscaper(): Escaper {
  let held = '';
  return {
    isHolding: () => held !== '',
    push(piece) {
      const text = held + piece;
      const end = openTagStart(text);
      held = text.slice(end);
      return escapeTags(text.slice(0, end));
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}
