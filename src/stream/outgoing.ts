/** What goes out for a piece of a stream: most of it as it came, and what stands in place of the rest. */
export interface Outgoing {
  /** Puts frames in the place of these bytes. From piece to piece the places go forward. */
  replace(start: number, end: number, frames: Uint8Array): void;
  /** All that goes out, up to `end`; null where that is nothing. Nothing is copied where it is one part. */
  take(end: number): Uint8Array | null;
}

/** Parts in one. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** Opens what goes out for the bytes of a piece from `start` on. */
export function openOutgoing(bytes: Uint8Array, start: number): Outgoing {
  const parts: Uint8Array[] = [];
  let kept = start;

  function keepUntil(end: number): void {
    if (end > kept) parts.push(end - kept === bytes.length ? bytes : bytes.subarray(kept, end));
  }

  return {
    replace(from, end, frames) {
      keepUntil(from);
      if (frames.length > 0) parts.push(frames);
      kept = end;
    },
    take(end) {
      keepUntil(end);
      const [part = null] = parts;
      return parts.length > 1 ? joined(parts) : part;
    },
  };
}
