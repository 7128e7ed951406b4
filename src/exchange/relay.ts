import { RouterError } from '../protocol/errors.ts';
import type { Source, SourcePiece } from '../stream/source.ts';
import type { Progress, Translator } from '../stream/translate.ts';
import { unreachable } from './provider-failure.ts';
import type { ProviderLine } from './provider-line.ts';
import type { Sink } from './sink.ts';
import type { Stop } from './stop.ts';

/** A provider's whole body in place of a stream, as the stream it should have been, or why it is none. */
export type BodyAsStream = { kind: 'frames'; frames: string } | { kind: 'failed'; error: RouterError };

/** What a relay drives, and whom it tells. */
export interface RelaySetup {
  source: Source;
  translator: Translator;
  sink: Sink;
  line: ProviderLine;
  /** Called once, with the first event that holds a choice, before it is written. Answers why it may not go out, or null. */
  commit(): Promise<Stop | null>;
  /** Called after each piece that was passed on. */
  passed(): void;
  readWholeBody(text: string): BodyAsStream;
}

// A whole completion is no larger than this.
const BODY_LIMIT = 32 * 1024 * 1024;

type Piece = { kind: 'piece'; piece: SourcePiece } | { kind: 'stopped'; stop: Stop };

function failed(error: RouterError): { kind: 'stopped'; stop: Stop } {
  return { kind: 'stopped', stop: { kind: 'provider_failed', error } };
}

/** The provider's next piece, behind `keep` bytes of the last. */
async function nextPiece(source: Source, keep: number, line: ProviderLine): Promise<Piece> {
  line.waiting();
  let piece: SourcePiece;
  try {
    piece = await source.read(keep);
  } catch (cause) {
    const stop = line.letGo();
    return stop === null ? failed(unreachable(cause)) : { kind: 'stopped', stop };
  }
  line.received();
  const stop = line.letGo();
  if (stop !== null) return { kind: 'stopped', stop };
  return { kind: 'piece', piece };
}

/** Reads what is left of a body that is no stream; stopped where it broke off, was let go or is too large. */
export async function readWhole(
  source: Source,
  start: Uint8Array,
  line: ProviderLine,
): Promise<{ kind: 'read'; text: string } | { kind: 'stopped'; stop: Stop }> {
  const decoder = new TextDecoder();
  let text = decoder.decode(start, { stream: true });
  for (;;) {
    const next = await nextPiece(source, 0, line);
    if (next.kind === 'stopped') return next;
    if (next.piece.isEnd) return { kind: 'read', text: text + decoder.decode() };
    text += decoder.decode(next.piece.bytes, { stream: true });
    if (text.length > BODY_LIMIT) {
      return failed(
        new RouterError('upstream_error', 'The provider sent an answer of more than 32 MiB. Ask for less at once.'),
      );
    }
  }
}

/** Writes for the client. Nothing goes out before the first choice. */
function openPassage({ commit, passed, sink, translator }: RelaySetup) {
  const held: Uint8Array[] = [];
  let isCommitted = false;

  return async function pass(output: Uint8Array | null): Promise<Stop | null> {
    if (isCommitted) {
      if (output !== null) await sink.write(output);
    } else {
      // The bytes are copied, since the source uses its buffer again.
      if (output !== null) held.push(output.slice());
      if (!translator.hasChoice()) return null;
      isCommitted = true;
      const stop = await commit();
      if (stop !== null) return stop;
      for (const bytes of held.splice(0)) await sink.write(bytes);
    }
    passed();
    return null;
  };
}

function stopOf(progress: Progress): Stop | null {
  return progress.kind === 'failed' ? { kind: 'provider_failed', error: progress.error } : null;
}

/**
 * Drives a provider's stream to its end, whether or not the client is still there, and answers why it was ended before;
 * null where the provider ended it. It must run under `waitUntil`: a plain pipe would be cancelled with the client, and
 * the bill would be lost. Rejects with a fault of ours, in a step.
 */
export async function relay(setup: RelaySetup): Promise<Stop | null> {
  const { line, source, translator } = setup;
  const pass = openPassage(setup);
  let keep = 0;
  for (;;) {
    const next = await nextPiece(source, keep, line);
    if (next.kind === 'stopped') return next.stop;
    const { bytes, fresh, isEnd } = next.piece;
    if (isEnd) {
      const { output, progress } = translator.end(bytes);
      return (await pass(output)) ?? stopOf(progress);
    }
    const { consumed, output, progress } = translator.push(bytes, fresh);
    if (translator.hasEvent() || progress.kind === 'body') line.heard();
    if (progress.kind === 'body') return relayBody(setup, bytes, pass);
    // An event that is cut in two stands before the next piece.
    keep = bytes.length - consumed;
    const stop = await pass(output);
    if (stop !== null || progress.kind !== 'open') return stop ?? stopOf(progress);
  }
}

async function relayBody(
  { line, readWholeBody, source, translator }: RelaySetup,
  start: Uint8Array,
  pass: (output: Uint8Array | null) => Promise<Stop | null>,
): Promise<Stop | null> {
  const whole = await readWhole(source, start, line);
  if (whole.kind === 'stopped') return whole.stop;
  const body = readWholeBody(whole.text);
  if (body.kind === 'failed') return { kind: 'provider_failed', error: body.error };
  const { output, progress } = translator.push(new TextEncoder().encode(body.frames), 0);
  return (await pass(output)) ?? stopOf(progress);
}
