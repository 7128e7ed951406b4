import { RouterError } from '../protocol/errors.ts';
import { type EventPrinter, StreamEvent } from '../protocol/event.ts';
import { mayHoldHalves } from '../protocol/half-surrogates.ts';
import type { JsonObject } from '../protocol/json.ts';
import { DONE, dataOf, frameOf, nameOf } from '../protocol/sse.ts';
import type { Chain } from './chain.ts';
import { learnPattern, type Passed, type Pattern, plainText, repeatPattern } from './fast-path.ts';
import { readChunk, readErrorEvent } from './read-chunk.ts';

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
  translate(text: string, start: number): Translated;
  /** True once an event has come. */
  hasEvent(): boolean;
  /** True once an event with a choice was passed on. */
  hasChoice(): boolean;
}

const GARBAGE = 'The provider sent something in its stream that is not JSON. Try again.';

/** Translates events one by one: by the pattern of the one before where it fits, else through all steps. */
export function createEventTranslator({ chain, printer, readError, failure }: TranslatorSetup): EventTranslator {
  let pattern: Pattern | null = null;
  let hasEvent = false;
  let hasChoice = false;

  /** `end` is where the next event begins. */
  function runSteps(block: string, data: string, isPlain: boolean, end: number): Translated {
    const read = readChunk(data);
    if (read.kind === 'error') return { kind: 'failed', error: readError(read.body) };
    if (read.kind === 'nothing') return { kind: 'passed', end, frames: '' };
    if (read.kind === 'garbage') return { kind: 'failed', error: new RouterError('upstream_error', GARBAGE) };
    // Half a character may have been held back for the next chunk, which then is not like this one.
    const isLikeNext = isPlain && !read.mended && !mayHoldHalves(data);
    const carried = isLikeNext ? plainText(read.chunk) : null;
    const results = chain.run(new StreamEvent(read.chunk, read.mended ? null : data));
    const error = failure();
    if (error !== null) return { kind: 'failed', error };
    hasChoice ||= read.chunk.choices.length > 0;
    const printed = results.map((result) => printer.event(result));
    pattern = carried === null ? null : learnPattern(block, carried, results, printer);
    const [result] = results;
    if (isPlain && results.length === 1 && printed[0] === null && result?.untouched) {
      return { kind: 'passed', end, frames: null };
    }
    return { kind: 'passed', end, frames: results.map((each, index) => printed[index] ?? frameOf(each.text)).join('') };
  }

  return {
    hasEvent: () => hasEvent,
    hasChoice: () => hasChoice,
    translate(text, start) {
      const repeated = pattern === null ? null : repeatPattern(pattern, text, start, chain.repeat);
      if (repeated !== null) return repeated;
      const blank = text.indexOf('\n\n', start);
      const block = text.slice(start, blank < 0 ? text.length : blank);
      const end = start + block.length + 2;
      const isPlain = block.startsWith('data:') && !block.includes('\n');
      const data = isPlain ? block.slice(block.charCodeAt(5) === 32 ? 6 : 5) : dataOf(block);
      if (data === null || data === '') return { kind: 'passed', end, frames: '' };
      hasEvent = true;
      if (data.trim() === DONE) return { kind: 'done' };
      if (!isPlain && nameOf(block) === 'error') return { kind: 'failed', error: readError(readErrorEvent(data)) };
      return runSteps(block, data, isPlain, end);
    },
  };
}
