import { onTestFinished, vi } from 'vitest';

/* A provider double at the runtime's outbound hook: it sees the requests as a provider would, and speaks SSE. */

export type Granularity = 'whole' | 'event' | 'byte';
export const GRANULARITIES: readonly Granularity[] = ['whole', 'event', 'byte'];

export interface SeenRequest {
  url: string;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
  signal: AbortSignal;
}

type Answer = (request: SeenRequest) => Response | Promise<Response>;

const encoder = new TextEncoder();

function piecesOf(body: string, granularity: Granularity): Uint8Array[] {
  const bytes = encoder.encode(body);
  if (granularity === 'whole') return [bytes];
  if (granularity === 'event') return body.split(/(?<=\n\n)/).map((part) => encoder.encode(part));
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

export interface StreamPlan {
  granularity?: Granularity;
  /** Milliseconds between writes. */
  pace?: number;
  /** Stays open after the last byte. */
  linger?: boolean;
  /** Breaks off with an error after the last byte. */
  breakOff?: boolean;
  headers?: Record<string, string>;
  /** Told when the router lets go of the stream. */
  onCancel?: () => void;
}

/** An SSE answer with this body, cut as asked. */
export function streamOf(body: string, plan: StreamPlan = {}): Response {
  const pieces = piecesOf(body, plan.granularity ?? 'event');
  const stream = new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) {
        if (plan.breakOff) controller.error(new Error('connection reset'));
        else if (!plan.linger) controller.close();
        else await new Promise(() => undefined);
        return;
      }
      if (plan.pace) await new Promise((resolve) => setTimeout(resolve, plan.pace));
      controller.enqueue(piece);
    },
    cancel: () => plan.onCancel?.(),
  });
  return new Response(stream, { headers: { 'content-type': 'text/event-stream', ...plan.headers } });
}

/** Frames of chunks with a `[DONE]` behind. */
export function sse(chunks: readonly unknown[], done = true): string {
  const frames = chunks
    .map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`)
    .join('');
  return done ? `${frames}data: [DONE]\n\n` : frames;
}

/** Answers every outbound request of the router until `restore`, or the test's end; what came is in `seen`. */
export function playProvider(answer: Answer): { seen: SeenRequest[]; restore(): void } {
  const seen: SeenRequest[] = [];
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const text = await request.clone().text();
    const parsed = {
      url: request.url,
      headers: request.headers,
      text,
      json: JSON.parse(text || '{}'),
      signal: request.signal,
    };
    seen.push(parsed);
    return answer(parsed);
  });
  const restore = () => spy.mockRestore();
  onTestFinished(restore);
  return { seen, restore };
}
