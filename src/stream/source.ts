import { EVENT_LIMIT } from '../protocol/sse.ts';

/** What a read has brought. Its bytes are valid until the next one. */
export interface SourcePiece {
  bytes: Uint8Array;
  /** The offset of the first new byte. */
  fresh: number;
  /** True at the end: nothing is new. */
  isEnd: boolean;
}

/** A provider's body, read piece by piece into one buffer. */
export interface Source {
  /** The next piece, behind the `keep` last bytes of the piece before. */
  read(keep: number): Promise<SourcePiece>;
  /** Lets go of the provider; a read that is under way ends. */
  cancel(reason: unknown): Promise<void>;
}

const NOTHING = new Uint8Array(0);
const SMALLEST_BUFFER = 4 * 1024;
// Reads of 64 KiB cost a third of default reads on a fast stream, and nothing more on a slow one.
const LARGEST_BUFFER = 64 * 1024;

/** Reads into our own buffer (BYOB). It grows while reads fill it, so that a slow stream holds little memory. */
function bufferedSource(reader: ReadableStreamBYOBReader, ended: () => void): Source {
  let store = new Uint8Array(SMALLEST_BUFFER);
  let used = 0;
  let size = SMALLEST_BUFFER;
  return {
    async read(keep) {
      if (keep > 0) store.copyWithin(0, used - keep, used);
      if (used === store.length) size = Math.max(size, Math.min(LARGEST_BUFFER, store.length * 2));
      // The rest of one large event may fill the buffer: it then grows as far as the event's own limit, and no piece is larger.
      const wanted = Math.min(Math.max(size, keep * 2), EVENT_LIMIT);
      if (wanted > store.length) {
        const larger = new Uint8Array(wanted);
        larger.set(store.subarray(0, keep));
        store = larger;
      }
      const { done, value } = await reader.read(store.subarray(keep));
      if (done) ended();
      // The buffer comes back at the end too, with what was kept in it (the flag internal_stream_byob_return_view, on since
      // 2024-05-13: https://developers.cloudflare.com/workers/configuration/compatibility-flags/), but not after a cancel.
      if (value === undefined) return { bytes: NOTHING, fresh: 0, isEnd: true };
      store = new Uint8Array(value.buffer);
      used = keep + value.byteLength;
      return { bytes: store.subarray(0, used), fresh: keep, isEnd: done };
    },
    cancel(reason) {
      ended();
      return reader.cancel(reason);
    },
  };
}

/** For bodies that are no byte streams, such as those made inside the Worker. */
function plainSource(reader: ReadableStreamDefaultReader<Uint8Array>, ended: () => void): Source {
  let bytes = new Uint8Array(0);
  return {
    async read(keep) {
      const { done, value } = await reader.read();
      const rest = bytes.subarray(bytes.length - keep);
      if (done) {
        ended();
        return { bytes: rest, fresh: keep, isEnd: true };
      }
      bytes = new Uint8Array(keep + value.length);
      bytes.set(rest);
      bytes.set(value, keep);
      return { bytes, fresh: keep, isEnd: false };
    },
    cancel(reason) {
      ended();
      return reader.cancel(reason);
    },
  };
}

/** Opens a provider's body. When `signal` fires, a read that is under way ends at once. */
export function openSource(body: ReadableStream<Uint8Array>, signal: AbortSignal): Source {
  const cancel = () => void source.cancel(signal.reason).catch(() => undefined);
  // A listener that stays keeps the stream's buffer in memory until the next full collection.
  const source = readerOf(body, () => signal.removeEventListener('abort', cancel));
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel);
  return source;
}

/** `ended` is called when there is nothing more to read. */
function readerOf(body: ReadableStream<Uint8Array>, ended: () => void): Source {
  try {
    return bufferedSource(body.getReader({ mode: 'byob' }), ended);
  } catch {
    return plainSource(body.getReader(), ended);
  }
}
