import type { JsonObject } from '../protocol/json.ts';

/** Events written at once, where nobody asked for pauses. */
const BATCH = 64;

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

/** A stream of server-sent events, with so many milliseconds before each. It ends at once when it is cancelled or aborted. */
export function streamEvents(chunks: readonly JsonObject[], pauseMs: number, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const frames = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'];
  let position = 0;
  const body = new ReadableStream({
    // A byte stream, as a real provider's body is: the relay reads it into a buffer of its own.
    type: 'bytes',
    async pull(controller) {
      await pause(pauseMs, ended);
      if (ended.aborted) {
        if (!stop.signal.aborted) controller.error(signal.reason);
        return;
      }
      const batch = frames.slice(position, position + (pauseMs > 0 ? 1 : BATCH));
      position += batch.length;
      controller.enqueue(encoder.encode(batch.map((frame) => `data: ${frame}\n\n`).join('')));
      if (position >= frames.length) controller.close();
    },
    cancel() {
      stop.abort();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
}
