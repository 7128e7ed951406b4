import { RouterError } from '../protocol/errors.ts';
import { StreamEvent } from '../protocol/event.ts';
import type { JsonObject } from '../protocol/json.ts';
import { DONE, dataOf, frameOf } from '../protocol/sse.ts';
import type { Chain } from './chain.ts';
import { learnPattern, matchPattern, type Pattern, plainText } from './fast-path.ts';
import { readChunk } from './read-chunk.ts';

/** What became of one event. */
export type Translated =
  /** The frame goes out as it came. */
  | { kind: 'same' }
  /** These frames go out in its place; none for an empty text. */
  | { kind: 'frames'; text: string }
  /** The vendor said `[DONE]`. */
  | { kind: 'done' }
  | { kind: 'failed'; error: RouterError };

export interface TranslatorSetup {
  chain: Chain;
  /** The vendor's error object in a stream → our error. */
  readError(body: JsonObject): RouterError;
  /** Asked after each event: has the vendor said, in a finish reason, that it failed? */
  failure(): RouterError | null;
}

export interface EventTranslator {
  /** Translates the event whose lines are `text[start, end)`. */
  translate(text: string, start: number, end: number): Translated;
  /** True once an event with a choice was passed on. */
  readonly hasChoice: boolean;
}

const SAME: Translated = { kind: 'same' };
const NOTHING: Translated = { kind: 'frames', text: '' };
const GARBAGE = 'The vendor sent something in its stream that is not JSON. Try again.';

/** Translates events one by one: by the pattern of the one before where it fits, else through all steps. */
export function createEventTranslator({ chain, readError, failure }: TranslatorSetup): EventTranslator {
  let pattern: Pattern | null = null;
  let hasChoice = false;

  function repeat(known: Pattern, text: string, start: number, end: number): Translated | null {
    const body = matchPattern(known, text, start, end);
    if (body === null || !chain.repeat(known.field, body)) return null;
    if (known.answer === null) return SAME;
    if (known.answer === 'nothing') return NOTHING;
    return { kind: 'frames', text: `${known.answer.before}${body}${known.answer.after}\n\n` };
  }

  function runSteps(block: string, data: string, isPlain: boolean): Translated {
    const read = readChunk(data);
    if (read.kind === 'error') return { kind: 'failed', error: readError(read.body) };
    if (read.kind === 'garbage') return { kind: 'failed', error: new RouterError('upstream_error', GARBAGE) };
    const carried = isPlain && !read.mended ? plainText(read.chunk) : null;
    const results = chain.run(new StreamEvent(read.chunk, read.mended ? null : data));
    const error = failure();
    if (error !== null) return { kind: 'failed', error };
    hasChoice ||= read.chunk.choices.length > 0;
    pattern = carried === null ? null : learnPattern(block, carried, results);
    if (isPlain && results.length === 1 && results[0]?.untouched) return SAME;
    return { kind: 'frames', text: results.map((result) => frameOf(result.text)).join('') };
  }

  return {
    get hasChoice() {
      return hasChoice;
    },
    translate(text, start, end) {
      if (pattern !== null) {
        const repeated = repeat(pattern, text, start, end);
        if (repeated !== null) return repeated;
      }
      const block = text.slice(start, end);
      const isPlain = block.startsWith('data:') && !block.includes('\n');
      const data = isPlain ? block.slice(block.charCodeAt(5) === 32 ? 6 : 5) : dataOf(block);
      if (data === null || data === '') return NOTHING;
      if (data.trim() === DONE) return { kind: 'done' };
      return runSteps(block, data, isPlain);
    },
  };
}
