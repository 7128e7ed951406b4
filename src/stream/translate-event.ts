import { RouterError } from '../protocol/errors.ts';
import { type EventPrinter, StreamEvent } from '../protocol/event.ts';
import { mayHoldHalves } from '../protocol/half-surrogates.ts';
import type { JsonObject } from '../protocol/json.ts';
import { DONE, dataOf, eventEnd, frameOf, nameOf, withPlainLineEnds } from '../protocol/sse.ts';
import type { Chain } from './chain.ts';
import {
  findRun,
  learnPattern,
  NOTHING,
  type Passed,
  type Pattern,
  type Piece,
  plainText,
  printRun,
} from './fast-path.ts';
import { readChunk, readErrorEvent } from './read-chunk.ts';
import type { Room } from './room.ts';

/** What became of an event, or of several that go the same way. */
type Translated =
  | Passed
  /** The provider said `[DONE]`. */
  | { kind: 'done' }
  | { kind: 'failed'; error: RouterError };

/** What a translator needs of the exchange. */
export interface TranslatorSetup {
  chain: Chain;
  printer: EventPrinter;
  /** The provider's error object in a stream → our error. */
  readError(body: JsonObject): RouterError;
  /** Asked after each event: has the provider said, in a finish reason, that it failed? */
  failure(): RouterError | null;
}

/** Translates one stream, event by event. */
export interface EventTranslator {
  /** Translates the event that begins at `start`, and those behind it that go the same way. */
  translate(piece: Piece, start: number, room: Room): Translated;
  /** True once an event has come. */
  hasEvent(): boolean;
  /** True once an event with a choice was passed on. */
  hasChoice(): boolean;
}

/** An event as it came. */
interface Incoming {
  /** With the line ends that it came with. */
  frame: string;
  /** Its lines with LF between them, without the blank one. */
  block: string;
  /** True where it has one line, its data. */
  isPlain: boolean;
  /** True where nothing of it changes on its way through text: line ends, and bytes that are no UTF-8. */
  isClean: boolean;
  /** Where the next one begins. */
  end: number;
}

const GARBAGE = 'The provider sent something in its stream that is not JSON. Try again.';

const REPLACEMENT = '\ufffd';
// The BOM at a stream's start is taken off before; later ones are text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false });
const encoder = new TextEncoder();

function readEvent({ bytes }: Piece, start: number): Incoming {
  const end = eventEnd(bytes, start);
  const frame = decoder.decode(bytes.subarray(start, end));
  const lines = withPlainLineEnds(frame);
  const block = lines.endsWith('\n\n') ? lines.slice(0, -2) : lines;
  const isPlain = block.startsWith('data:') && !block.includes('\n');
  return { frame, block, isPlain, isClean: lines === frame && !frame.includes(REPLACEMENT), end };
}

/** Translates events one by one: by the pattern of the one before where it fits, else through all steps. */
export function createEventTranslator({ chain, printer, readError, failure }: TranslatorSetup): EventTranslator {
  let pattern: Pattern | null = null;
  let hasEvent = false;
  let hasChoice = false;
  /** As many events are asked for together; few after a refusal, so that nothing is looked at again and again. */
  let most = Number.POSITIVE_INFINITY;

  /** The events that fit the pattern of the one before; null where not even the first does. */
  function translateRun(piece: Piece, start: number, room: Room): Passed | null {
    if (pattern === null) return null;
    let run = findRun(pattern, piece, start, most);
    if (run === null) return null;
    if (!chain.repeat(pattern.field, run)) {
      most = 1;
      if (run.ends.length === 1) return null;
      run = findRun(pattern, piece, start, most);
      if (run === null || !chain.repeat(pattern.field, run)) return null;
    }
    most *= 2;
    return { kind: 'passed', end: run.end, frames: printRun(pattern, run, room) };
  }

  /** What goes out in place of an event; null where it goes out as it came. */
  function print({ block, isClean, isPlain }: Incoming, results: readonly StreamEvent[]): Uint8Array | null {
    const printed = results.map((result) => printer.event(result));
    if (isPlain && results.length === 1 && printed[0] === null && results[0]?.untouched) {
      return isClean ? null : encoder.encode(`${block}\n\n`);
    }
    return encoder.encode(results.map((result, index) => printed[index] ?? frameOf(result.text)).join(''));
  }

  function runSteps(incoming: Incoming, data: string): Translated {
    const { end, isPlain } = incoming;
    const read = readChunk(data);
    if (read.kind === 'error') return { kind: 'failed', error: readError(read.body) };
    if (read.kind === 'nothing') return { kind: 'passed', end, frames: NOTHING };
    if (read.kind === 'garbage') return { kind: 'failed', error: new RouterError('upstream_error', GARBAGE) };
    // Half a character may have been held back for the next chunk, which then is not like this one.
    const isLikeNext = isPlain && !read.mended && !mayHoldHalves(data);
    const carried = isLikeNext ? plainText(read.chunk) : null;
    const results = chain.run(new StreamEvent(read.chunk, read.mended ? null : data));
    const error = failure();
    if (error !== null) return { kind: 'failed', error };
    hasChoice ||= read.chunk.choices.length > 0;
    const frames = print(incoming, results);
    pattern = carried === null ? null : learnPattern(incoming.frame, carried, results, printer);
    return { kind: 'passed', end, frames };
  }

  return {
    hasEvent: () => hasEvent,
    hasChoice: () => hasChoice,
    translate(piece, start, room) {
      const repeated = translateRun(piece, start, room);
      if (repeated !== null) return repeated;
      const incoming = readEvent(piece, start);
      const { block, end, isPlain } = incoming;
      const data = isPlain ? block.slice(block.charCodeAt(5) === 32 ? 6 : 5) : dataOf(block);
      if (data === null || data === '') return { kind: 'passed', end, frames: NOTHING };
      hasEvent = true;
      if (data.trim() === DONE) return { kind: 'done' };
      if (!isPlain && nameOf(block) === 'error') return { kind: 'failed', error: readError(readErrorEvent(data)) };
      return runSteps(incoming, data);
    },
  };
}
