/** Bytes that others are compared with. */
export interface KnownBytes {
  readonly bytes: Uint8Array;
  /** The same as numbers of four bytes each, as far as they go: to compare those takes a third of the time. */
  readonly words: Int32Array;
}

const WORD = 4;
const encoder = new TextEncoder();

/** The bytes of a text in UTF-8. */
export function knownBytes(text: string): KnownBytes {
  const bytes = encoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = Int32Array.from({ length: Math.floor(bytes.length / WORD) }, (_, at) => view.getInt32(at * WORD, true));
  return { bytes, words };
}

/** Whether the known bytes stand at this place, where there is room for them. */
export function holds(view: DataView, at: number, { bytes, words }: KnownBytes): boolean {
  let place = at;
  for (let word = 0; word < words.length; word += 1) {
    if (view.getInt32(place, true) !== words[word]) return false;
    place += WORD;
  }
  for (let rest = words.length * WORD; rest < bytes.length; rest += 1) {
    if (view.getUint8(place) !== bytes[rest]) return false;
    place += 1;
  }
  return true;
}
