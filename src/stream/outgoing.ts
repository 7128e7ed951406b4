import { joinBytes } from '../protocol/join-bytes.ts';

/** What goes out for a piece of a stream: most of it as it came, and what stands in place of the rest. */
export interface Outgoing {
  /** Puts frames in the place of these bytes. From piece to piece the places go forward. */
  replace(start: number, end: number, frames: Uint8Array): void;
  /** All that goes out, up to `end`; null where that is nothing. Nothing is copied where it is one part. */
  take(end: number): Uint8Array | null;
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
      return parts.length > 1 ? joinBytes(parts) : part;
    },
  };
}
