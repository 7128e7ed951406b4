/** Text of a model, gathered while it streams. */
export interface GatheredText {
  /** JSON-escaped text, as it stands between the quotes. Free to be cut inside a surrogate pair. */
  addEscaped(text: string): void;
  add(text: string): void;
  read(): string;
}

// A short piece is a view into the frame it was cut from, and keeps all of it in memory until it is copied.
const PIECES_KEPT = 256;

/** Keeps text escaped until somebody asks for it: decoding once costs less than decoding each piece. */
export function gatherText(): GatheredText {
  let copied = '';
  let pieces: string[] = [];

  function addEscaped(text: string): void {
    pieces.push(text);
    if (pieces.length < PIECES_KEPT) return;
    copied += pieces.join('');
    pieces = [];
  }

  return {
    addEscaped,
    add(text) {
      addEscaped(JSON.stringify(text).slice(1, -1));
    },
    read() {
      return JSON.parse(`"${copied}${pieces.join('')}"`) as string; // only inner parts of JSON strings were added
    },
  };
}
