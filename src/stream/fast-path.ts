import type { ChatChunk } from '../protocol/chat.ts';
import type { EventPrinter, PrintTexts, StreamEvent, TextDelta, TextField } from '../protocol/event.ts';
import { splitFrame } from '../protocol/text-frame.ts';

/*
 * Most chunks of a stream differ from the one before only in their text. Once one such chunk has been parsed and
 * passed through all steps, the next is answered by the same pattern, with its own text put in: no parsing, no printing.
 * It is safe, since a frame that equals a parsed one outside a JSON string, and holds a valid string body inside,
 * is that chunk with another text.
 */

/** What surrounds the text in a frame, on its way in and on its way out. */
export interface Pattern {
  field: TextField;
  before: string;
  after: string;
  /** What is printed in its place, if anything. */
  answer: PrintTexts | 'as it came' | 'nothing';
}

/** Frames that were dealt with, one or many, blank lines and all. */
export interface Passed {
  kind: 'passed';
  /** Where the next frame begins in the text. */
  end: number;
  /** What goes out in their place; null where they go out as they came. */
  frames: string | null;
}

// The inside of a JSON string: no bare quote, no control character, escapes well formed. RFC 8259, section 7.
// Escapes of surrogates are left to the steps: half a pair may be among them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const STRING_BODY = /[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y;
// What the expressions remember grows with the text; pieces of a stream are a quarter of this at most.
const LONGEST_TEXT = 256 * 1024;

/** The one text that a plain text chunk carries; null for chunks that carry anything else of note. */
export function plainText(chunk: ChatChunk): TextDelta | null {
  const choice = chunk.choices[0];
  if (choice === undefined || chunk.choices.length !== 1 || choice.finish_reason || chunk.usage) return null;
  const { content, reasoning_content: reasoning, tool_calls: calls } = choice.delta;
  if (calls !== undefined && calls !== null && calls.length > 0) return null;
  if (content && reasoning) return null;
  if (content) return { field: 'content', text: content };
  if (reasoning) return { field: 'reasoning_content', text: reasoning };
  return null;
}

/**
 * Learns from one event and what became of it. `frame` is the frame as it came, without its blank line;
 * `field` and `text` are what it carried before the steps ran.
 */
export function learnPattern(
  frame: string,
  carried: TextDelta,
  results: readonly StreamEvent[],
  printer: EventPrinter,
): Pattern | null {
  if (frame.length > LONGEST_TEXT) return null;
  const incoming = splitFrame(frame, carried);
  if (incoming === null) return null;
  const patternOf = (answer: Pattern['answer']): Pattern => ({ ...incoming, field: carried.field, answer });
  const [result, ...more] = results;
  if (result === undefined) return patternOf('nothing');
  // A role goes out once only, so the chunk that carries it is no pattern for the next.
  if (more.length > 0 || result.chunk.choices[0]?.delta.role !== undefined) return null;
  const outgoing = plainText(result.chunk);
  if (outgoing === null || outgoing.text !== carried.text) return null;
  const answer = printer.repeat?.(result, outgoing) ?? null;
  return answer === null ? null : patternOf(answer);
}

/** Where the inside of a string ends that begins at `start`. */
function bodyEnd(text: string, start: number): number {
  STRING_BODY.lastIndex = start;
  STRING_BODY.test(text);
  return STRING_BODY.lastIndex;
}

/** What `text.startsWith(part, at)` says, at a third of its cost. */
function holds(text: string, part: string, at: number): boolean {
  return text.slice(at, at + part.length) === part;
}

/**
 * The frames from `start` on that fit the pattern, as far as `accepts` takes their texts; null where not even the first does.
 * The texts stand in their frames JSON-escaped, and are handed over so.
 */
export function repeatPattern(
  pattern: Pattern,
  text: string,
  start: number,
  accepts: (field: TextField, body: string) => boolean,
): Passed | null {
  if (text.length > LONGEST_TEXT) return null;
  const { after, answer, before, field } = pattern;
  const bodies: string[] = [];
  let end = start;
  while (holds(text, before, end)) {
    const from = end + before.length;
    const to = bodyEnd(text, from);
    if (from === to || !holds(text, after, to)) break;
    const body = text.slice(from, to);
    if (!accepts(field, body)) break;
    bodies.push(body);
    end = to + after.length;
  }
  if (bodies.length === 0) return null;
  if (answer === 'as it came') return { kind: 'passed', end, frames: null };
  return { kind: 'passed', end, frames: answer === 'nothing' ? '' : answer(bodies) };
}
