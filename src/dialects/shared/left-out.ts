/** Notes on what a reader leaves out or changes, each once, for the debug log. */
export interface LeftOut {
  note(what: string): void;
  notes(): readonly string[];
}

/** Opens the notes of one request. However long the request is, they stay short. */
export function noteLeftOut(): LeftOut {
  const notes = new Set<string>();
  return {
    note(what) {
      if (notes.size < 32) notes.add(what);
    },
    notes: () => [...notes],
  };
}
