import type { RouterError } from '../protocol/errors.ts';
import type { Sink } from './sink.ts';
import type { Source } from './source.ts';
import type { Progress, Translator } from './translate.ts';

/** How the vendor's side of a stream ended. */
export type RelayEnd = { kind: 'ended' } | { kind: 'failed'; error: RouterError };

export interface RelaySetup {
  source: Source;
  translator: Translator;
  sink: Sink;
  /** Called once, with the first event that holds a choice, before it is written. */
  commit(): void;
  /** Called before and after each wait for the vendor. */
  waiting(): void;
  received(): void;
  /** Why the vendor was let go, once it was. */
  stopped(): RouterError | null;
  /** A broken connection → our error. */
  broken(cause: unknown): RouterError;
}

function ending(progress: Progress): RelayEnd | null {
  switch (progress.kind) {
    case 'open':
      return null;
    case 'done':
      return { kind: 'ended' };
    case 'failed':
      return progress;
  }
}

/**
 * Drives a vendor's stream to its end, whether or not the client is still there. It must run under `waitUntil`:
 * a plain pipe would be cancelled with the client, and the bill would be lost.
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
      setup.commit();
      for (const bytes of held) await sink.write(bytes);
    } else if (output !== null) {
      await sink.write(output);
    }
  }

  try {
    for (;;) {
      setup.waiting();
      const piece = await source.read(rest.length);
      setup.received();
      const stop = setup.stopped();
      if (stop !== null) return { kind: 'failed', error: stop };
      if (piece === null) break;
      const { consumed, output, progress } = translator.push(piece.bytes, piece.fresh);
      // A copy, since a read that finds the end gives the buffer away. It is empty but for events cut in two.
      rest = piece.bytes.slice(consumed);
      await pass(output);
      const end = ending(progress);
      if (end !== null) return end;
    }
    const { output, progress } = translator.end(rest);
    await pass(output);
    return ending(progress) ?? { kind: 'ended' };
  } catch (cause) {
    return { kind: 'failed', error: setup.stopped() ?? setup.broken(cause) };
  }
}
