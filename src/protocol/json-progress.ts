const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** How far a JSON object or list has come that arrives in pieces. */
export interface JsonProgress {
  push(text: string): void;
  /** True while all that was opened is closed again. */
  isComplete(): boolean;
  /** False where the text, which begins with a bracket, cannot stand behind what is there. */
  takes(text: string): boolean;
}

// What may stand before a value that is an object or a list.
const BEFORE_VALUE = new Set([':', ',', '[']);
// Inside a string, a quote behind the bracket would end it, and then one of these or a blank must follow.
const ENDS_WRONGLY = /^\s*[{[]\s*"[^\s,:}\]]/;

/** Counts brackets, each character once; the rest of the grammar is not checked. */
export function createJsonProgress(): JsonProgress {
  let depth = 0;
  let hasBegun = false;
  let isInString = false;
  let isEscaped = false;
  let last = '';

  function isComplete(): boolean {
    return hasBegun && depth <= 0;
  }

  function stepInString(code: number): void {
    if (isEscaped) isEscaped = false;
    else if (code === BACKSLASH) isEscaped = true;
    else if (code === QUOTE) isInString = false;
  }

  function step(code: number): void {
    if (isInString) stepInString(code);
    else if (code === QUOTE) isInString = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
      hasBegun = true;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
  }

  return {
    push(text) {
      for (let at = 0; at < text.length; at += 1) step(text.charCodeAt(at));
      last = text.trimEnd().at(-1) ?? last;
    },
    takes: (text) => !isComplete() && (isInString ? !ENDS_WRONGLY.test(text) : BEFORE_VALUE.has(last)),
    isComplete,
  };
}
