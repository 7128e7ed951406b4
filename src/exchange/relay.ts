import { RouterError } from '../protocol/errors.ts';
import type { Source } from '../stream/source.ts';
import type { Progress, Translator } from '../stream/translate.ts';
import type { Sink } from './sink.ts';

/** How the provider's side of a stream ended. */
export type RelayEnd = { kind: 'ended' } | { kind: 'failed'; error: RouterError };

/** What a relay drives, and whom it tells. */
export interface RelaySetup {
  source: Source;
  translator: Translator;
  sink: Sink;
  /** Called once, with the first event that holds a choice, before it is written. Rejects where it may not go out. */
  commit(): Promise<void>;
  /** Called before and after each wait for the provider. */
  waiting(): void;
  received(): void;
  /** Why the provider was let go, once it was. */
  stopped(): RouterError | null;
  /** A provider's whole body in place of a stream → the stream it should have been. May throw RouterError. */
  readBody(text: string): string;
  /** A broken connection → our error. */
  broken(cause: unknown): RouterError;
}

// A whole completion is no larger than this.
const BODY_LIMIT = 32 * 1024 * 1024;

type Listening = Pick<RelaySetup, 'waiting' | 'received' | 'stopped' | 'broken'>;

/** The provider's next piece, behind `keep` bytes of the last; null at its end. Rejects with RouterError where it broke off or was let go. */
async function nextPiece(source: Source, keep: number, setup: Listening) {
  setup.waiting();
  let piece: Awaited<ReturnType<Source['read']>>;
  try {
    piece = await source.read(keep);
  } catch (cause) {
    throw setup.stopped() ?? setup.broken(cause);
  }
  setup.received();
  const stop = setup.stopped();
  if (stop !== null) throw stop;
  return piece;
}

/** Reads what is left of a body that is no stream. Rejects with RouterError where it broke off, was let go or is too large. */
export async function readWhole(source: Source, start: Uint8Array, setup: Listening): Promise<string> {
  const decoder = new TextDecoder();
  let text = decoder.decode(start, { stream: true });
  for (;;) {
    const piece = await nextPiece(source, 0, setup);
    if (piece === null) return text + decoder.decode();
    text += decoder.decode(piece.bytes, { stream: true });
    if (text.length > BODY_LIMIT) {
      throw new RouterError('upstream_error', 'The provider sent an answer of more than 32 MiB. Ask for less at once.');
    }
  }
}

function ending(progress: Progress): RelayEnd | null {
  switch (progress.kind) {
    case 'open':
    case 'body':
      return null;
    case 'done':
      return { kind: 'ended' };
    case 'failed':
      return progress;
  }
}

/**
 * Drives a provider's stream to its end, whether or not the client is still there. It must run under `waitUntil`:
 * a plain pipe would be cancelled with the client, and the bill would be lost. Rejects with a fault of ours, in a step.
 */
export async function relay(setup: RelaySetup): Promise<RelayEnd> {
  const { source, translator, sink } = setup;
  let rest = new Uint8Array(0);
  let isCommitted = false;

  const held: Uint8Array[] = [];

  async function pass(output: Uint8Array | null): Promise<void> {
    if (!isCommitted) {
      // Nothing goes out before the first choice. The bytes are copied, since the source uses its buffer again.
      if (output !== null) held.push(output.slice());
      if (!translator.hasChoice) return;
      isCommitted = true;
      await setup.commit();
      for (const bytes of held) await sink.write(bytes);
    } else if (output !== null) {
      await sink.write(output);
    }
  }

  try {
    for (;;) {
      const piece = await nextPiece(source, rest.length, setup);
      if (piece === null) break;
      const { consumed, output, progress } = translator.push(piece.bytes, piece.fresh);
      // A copy, since a read that finds the end gives the buffer away. It is empty but for events cut in two.
      rest = piece.bytes.slice(consumed);
      if (progress.kind === 'body') {
        const frames = setup.readBody(await readWhole(source, rest, setup));
        rest = new Uint8Array(0);
        const whole = translator.push(new TextEncoder().encode(frames), 0);
        await pass(whole.output);
        return ending(whole.progress) ?? { kind: 'ended' };
      }
      await pass(output);
      const end = ending(progress);
      if (end !== null) return end;
    }
    const { output, progress } = translator.end(rest);
    await pass(output);
    return ending(progress) ?? { kind: 'ended' };
  } catch (cause) {
    if (cause instanceof RouterError) return { kind: 'failed', error: cause };
    throw cause;
  }
}
