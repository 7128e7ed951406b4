import { isObject, parseJson } from '../../protocol/json.ts';

/*
 * Cursor's ApplyPatch is a custom tool: its call carries bare text. Our providers only know functions, so they are offered
 * one with a single string parameter, `input`, and what they answer, `{"input":"…"}`, is turned back into the bare text.
 */

const HEAD = /^\s*\{\s*"input"\s*:\s*"/;
// What an unfinished head may look like; anything else is no head.
const HEAD_BEGUN = /^\s*(?:\{\s*(?:"(?:i(?:n(?:p(?:u(?:t(?:"\s*(?::\s*)?)?)?)?)?)?)?)?)?$/;
// A head that is white space for longer is none: it is looked at anew with each piece.
const LONGEST_HEAD = 1_000;
// A run of whole characters and escapes of a JSON string. A high surrogate waits for its other half.
const WHOLE = /(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const OPEN_PAIR = /(?:[\ud800-\udbff]|\\u[dD][89abAB][0-9a-fA-F]{2})$/;

/** The bare text in a call's whole arguments; arguments of any other form stay as they are. */
export function readInput(text: string): string {
  const parsed = parseJson(text);
  // Where the provider broke off, the text itself is the best there is.
  return isObject(parsed) && typeof parsed['input'] === 'string' ? parsed['input'] : text;
}

/** Bare text as the arguments that the provider knows. */
export function writeInput(input: string): string {
  return JSON.stringify({ input });
}

/** Unwraps arguments that come in pieces. */
export interface InputReader {
  push(piece: string): string;
  /** What is left: all of it, where the arguments were not of the form. */
  end(): string;
}

/** A reader for the arguments of one call. */
export function createInputReader(): InputReader {
  let state: 'head' | 'text' | 'tail' | 'other' = 'head';
  let held = '';

  function readText(): string {
    WHOLE.lastIndex = 0;
    const whole = WHOLE.exec(held)?.[0] ?? '';
    const isClosed = held[whole.length] === '"';
    const ready = isClosed ? whole : whole.replace(OPEN_PAIR, '');
    held = held.slice(ready.length);
    if (isClosed) state = 'tail';
    try {
      return JSON.parse(`"${ready.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`) as string; // whole characters of a JSON string
    } catch {
      return ready; // a control character that JSON forbids: the provider's slip, and text all the same
    }
  }

  return {
    push(piece) {
      if (state === 'tail') return '';
      held += piece;
      if (state === 'head') {
        const head = HEAD.exec(held)?.[0];
        if (head !== undefined) {
          held = held.slice(head.length);
          state = 'text';
        } else if (held.length > LONGEST_HEAD || !HEAD_BEGUN.test(held)) {
          state = 'other';
        }
      }
      return state === 'text' ? readText() : '';
    },
    end() {
      if (state === 'tail') return '';
      const rest = state === 'text' ? held : readInput(held);
      held = '';
      state = 'tail';
      return rest;
    },
  };
}
