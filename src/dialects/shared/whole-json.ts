/** Tells when a JSON object that comes in pieces is whole. */
export interface WholeJson {
  push(piece: string): void;
  readonly isWhole: boolean;
}

const QUOTE = 34;
const BACKSLASH = 92;

/** Counts brackets outside strings; each character is looked at once. */
export function watchWholeJson(): WholeJson {
  let depth = 0;
  let hasBegun = false;
  let inString = false;
  let isEscaped = false;

  function look(code: number): void {
    if (inString) {
      if (isEscaped) isEscaped = false;
      else if (code === BACKSLASH) isEscaped = true;
      else if (code === QUOTE) inString = false;
      return;
    }
    if (code === QUOTE) inString = true;
    else if (code === 123 || code === 91) {
      depth += 1;
      hasBegun = true;
    } else if (code === 125 || code === 93) depth -= 1;
  }

  return {
    push(piece) {
      for (let index = 0; index < piece.length; index += 1) look(piece.charCodeAt(index));
    },
    get isWhole() {
      return hasBegun && depth <= 0;
    },
  };
}
