import { RouterError } from '../protocol/errors.ts';
import { EVENT_LIMIT, frameOf, lastEventEnd } from '../protocol/sse.ts';
import { holds, knownBytes } from './known-bytes.ts';
import { openOutgoing } from './outgoing.ts';
import { openRoom } from './room.ts';
import { createEventTranslator, type TranslatorSetup } from './translate-event.ts';

/** How far a stream is after a piece of it. */
export type Progress =
  | { kind: 'open' }
  | { kind: 'done' }
  | { kind: 'failed'; error: RouterError }
  /** It is no stream at all but one body, such as JSON or HTML. */
  | { kind: 'body' };

/** What came of a piece of a stream. */
interface Translation {
  /** Bytes at the start that are dealt with; the caller brings the rest again, with more behind it. */
  consumed: number;
  /** Valid until the next piece. */
  output: Uint8Array | null;
  progress: Progress;
}

/** Translates one stream, piece by piece. */
export interface Translator {
  /**
   * Translates the complete events in `bytes`. `fresh` is the offset of the first byte not seen before.
   * All that stood before a failure is in the output.
   */
  push(bytes: Uint8Array, fresh: number): Translation;
  /** The provider's connection ended: what is left counts if it is a whole event. */
  end(rest: Uint8Array): Translation;
  /** What the steps still held back. Once, at every end. */
  flush(): Uint8Array | null;
  /** True once an event has come: anything but comments and blank lines. */
  hasEvent(): boolean;
  /** True once an event with a choice was passed on. */
  hasChoice(): boolean;
}

const encoder = new TextEncoder();
const BOM = knownBytes('\ufeff');
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false });
const OPEN: Progress = { kind: 'open' };
const TOO_LARGE = 'The provider sent one event of more than 8 MiB. Ask for less at once.';

// What one body begins with, and no line of an event stream does.
const BODY_STARTS: ReadonlySet<number | undefined> = new Set(
  ['{', '[', '<'].map((character) => character.charCodeAt(0)),
);
// White space, and the bytes of a BOM.
const SKIPPED: ReadonlySet<number> = new Set([9, 10, 13, 32, 0xef, 0xbb, 0xbf]);

/** The pure heart of a stream: a provider's bytes in, the client's bytes out, however they are cut. */
export function createTranslator(setup: TranslatorSetup): Translator {
  const events = createEventTranslator(setup);
  const room = openRoom();
  let hasBegun = false;
  let isFirst = true;

  function translate(bytes: Uint8Array): Translation {
    const piece = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
    let start = isFirst && bytes.length > BOM.bytes.length && holds(piece.view, 0, BOM) ? BOM.bytes.length : 0;
    const outgoing = openOutgoing(bytes, start);
    let progress = OPEN;
    isFirst = false;
    room.reset();
    while (start < bytes.length) {
      const result = events.translate(piece, start, room);
      if (result.kind !== 'passed') {
        progress = result;
        break;
      }
      if (result.frames !== null) outgoing.replace(start, result.end, result.frames);
      start = result.end;
    }
    return { consumed: bytes.length, output: outgoing.take(start), progress };
  }

  return {
    hasEvent: events.hasEvent,
    hasChoice: events.hasChoice,
    push(bytes, fresh) {
      if (!hasBegun) {
        const start = bytes.find((byte) => !SKIPPED.has(byte));
        if (BODY_STARTS.has(start)) return { consumed: 0, output: null, progress: { kind: 'body' } };
        hasBegun = start !== undefined;
      }
      const consumed = lastEventEnd(bytes, Math.max(0, fresh - 3));
      if (consumed > 0) return translate(consumed === bytes.length ? bytes : bytes.subarray(0, consumed));
      if (bytes.length < EVENT_LIMIT) return { consumed, output: null, progress: OPEN };
      return {
        consumed,
        output: null,
        progress: { kind: 'failed', error: new RouterError('upstream_error', TOO_LARGE) },
      };
    },
    end(rest) {
      const text = decoder.decode(rest).trimEnd();
      return translate(encoder.encode(text === '' ? '' : `${text}\n\n`));
    },
    flush() {
      const frames = setup.chain.flush().map((event) => setup.printer.event(event) ?? frameOf(event.text));
      const text = frames.join('');
      return text === '' ? null : encoder.encode(text);
    },
  };
}
