/** Memory for what is written about one piece of a stream. */
export interface Room {
  /** So many bytes, of any content. */
  take(size: number): Uint8Array;
  /** What was taken is not needed any more. */
  reset(): void;
}

/** One buffer for a whole stream: to allocate one for each event costs half as much as all else that is done with it. */
export function openRoom(): Room {
  let store = new Uint8Array(0);
  let used = 0;
  return {
    take(size) {
      if (used + size > store.length) {
        store = new Uint8Array(Math.max(size, 2 * store.length));
        used = 0;
      }
      const part = store.subarray(used, used + size);
      used += size;
      return part;
    },
    reset() {
      used = 0;
    },
  };
}
