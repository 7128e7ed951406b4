import type { JsonObject } from '../protocol/json.ts';
import { DONE_FRAME, frameOf } from '../protocol/sse.ts';

/** Events written at once, where nobody asked for pauses, up to so many characters. */
const BATCH = 64;
const BATCH_LENGTH = 16 * 1024;

/** Waits, or less when the signal fires; not at all for 0. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds === 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(finish, milliseconds);
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
    signal.addEventListener('abort', finish);
    if (signal.aborted) finish();
  });
}

/** The frames of one write. */
function batchOf(chunks: Iterator<JsonObject>, most: number): { frames: string; isLast: boolean } {
  let frames = '';
  for (let count = 0; count < most && frames.length < BATCH_LENGTH; count += 1) {
    const next = chunks.next();
    if (next.done) return { frames: `${frames}${DONE_FRAME}`, isLast: true };
    frames += frameOf(JSON.stringify(next.value));
  }
  return { frames, isLast: false };
}

/** A stream of server-sent events, with so many milliseconds before each. It ends at once when it is cancelled or aborted. */
export function streamEvents(chunks: Iterator<JsonObject>, pauseMs: number, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const body = new ReadableStream({
    // A byte stream, as a real provider's body is: the relay reads it into a buffer of its own.
    type: 'bytes',
    async pull(controller) {
      await pause(pauseMs, ended);
      if (ended.aborted) {
        if (!stop.signal.aborted) controller.error(signal.reason);
        return;
      }
      const { frames, isLast } = batchOf(chunks, pauseMs > 0 ? 1 : BATCH);
      controller.enqueue(encoder.encode(frames));
      if (isLast) controller.close();
    },
    cancel() {
      stop.abort();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
}
