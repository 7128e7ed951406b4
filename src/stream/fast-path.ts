import type { ChatChunk } from '../protocol/chat.ts';
import type {
  EventPrinter,
  PrintTexts,
  RepeatedTexts,
  StreamEvent,
  Surroundings,
  TextDelta,
  TextField,
} from '../protocol/event.ts';
import { characterEnd, escapeEnd, unescapedBytes } from '../protocol/string-bytes.ts';
import { splitFrame } from '../protocol/text-frame.ts';
import { holds, type KnownBytes, knownBytes } from './known-bytes.ts';
import type { Room } from './room.ts';

/*
 * Most chunks of a stream differ from the one before only in their text. Once one such chunk has been parsed and
 * passed through all steps, the next is answered by the same pattern, with its own text put in: no parsing, no printing,
 * and no text made but of the texts themselves. It is safe, since a frame that equals a parsed one outside a JSON string,
 * and holds a valid string body inside, is that chunk with another text.
 */

/** What surrounds the text in a frame on its way out. */
interface OutgoingFrame {
  before: Uint8Array;
  /** From one text to the next. */
  between: Uint8Array;
  after: Uint8Array;
}

/** What surrounds the text in a frame, on its way in and on its way out. */
export interface Pattern {
  field: TextField;
  before: KnownBytes;
  after: KnownBytes;
  /** What is printed in its place, if anything. */
  answer: PrintTexts | OutgoingFrame | 'as it came' | 'nothing';
}

/** Frames that were dealt with, one or many, blank lines and all. */
export interface Passed {
  kind: 'passed';
  /** Where the next frame begins. */
  end: number;
  /** What goes out in their place; null where they go out as they came. */
  frames: Uint8Array | null;
}

/** A piece of a stream: whole events. */
export interface Piece {
  bytes: Uint8Array;
  /** Of the same bytes. */
  view: DataView;
}

/** Frames in a row that fit a pattern. Valid until the next run is looked for. */
export interface Run extends RepeatedTexts {
  /** Where the next frame begins. */
  end: number;
  /** Where each text ends among the bytes of them all. */
  ends: readonly number[];
}

const QUOTE = 34;
const BACKSLASH = 92;
const FIRST_PRINTABLE = 32;
const FIRST_BEYOND_ASCII = 128;
export const NOTHING = new Uint8Array(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false });
/** The texts of a run, one after the other. What is longer goes the slow way. */
const texts = new Uint8Array(64 * 1024);
const BY_LINES: OutgoingFrame = { before: NOTHING, between: encoder.encode('\n'), after: NOTHING };

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

function outgoingFrame({ after, before }: Surroundings): OutgoingFrame {
  return { before: encoder.encode(before), between: encoder.encode(after + before), after: encoder.encode(after) };
}

/**
 * Learns from one event and what became of it. `frame` is the frame as it came, its line ends included;
 * `carried` is what it carried before the steps ran.
 */
export function learnPattern(
  frame: string,
  carried: TextDelta,
  results: readonly StreamEvent[],
  printer: EventPrinter,
): Pattern | null {
  if (frame.length > texts.length) return null;
  const incoming = splitFrame(frame, carried);
  if (incoming === null) return null;
  const patternOf = (answer: Pattern['answer']): Pattern => ({
    field: carried.field,
    before: knownBytes(incoming.before),
    after: knownBytes(incoming.after),
    answer,
  });
  const [result, ...more] = results;
  if (result === undefined) return patternOf('nothing');
  // A role goes out once only, so the chunk that carries it is no pattern for the next.
  if (more.length > 0 || result.chunk.choices[0]?.delta.role !== undefined) return null;
  const outgoing = plainText(result.chunk);
  if (outgoing === null || outgoing.text !== carried.text) return null;
  const answer = printer.repeat?.(result, outgoing) ?? null;
  if (answer === null) return null;
  if (typeof answer === 'object') return patternOf(outgoingFrame(answer));
  if (answer !== 'as it came' || incoming.after.endsWith('\n\n')) return patternOf(answer);
  // Line ends go out as LF.
  return patternOf(outgoingFrame({ ...incoming, after: incoming.after.replace(/\r\n?/g, '\n') }));
}

/** Where the inside of a JSON string ends that begins at `start`; -1 where it is none. RFC 8259, section 7. */
function bodyEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  let at = start;
  while (at >= 0 && at < length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at = escapeEnd(bytes, at);
    else if (byte >= FIRST_BEYOND_ASCII) at = characterEnd(bytes, at);
    else at = byte < FIRST_PRINTABLE ? -1 : at + 1;
  }
  return -1;
}

/** The frames from `start` on that fit the pattern, `most` of them; null where not even the first does. */
export function findRun({ before, after }: Pattern, { bytes, view }: Piece, start: number, most: number): Run | null {
  const { length } = bytes;
  const around = before.bytes.length + after.bytes.length;
  const ends: number[] = [];
  let size = 0;
  let end = start;
  while (ends.length < most && end + around < length && holds(view, end, before)) {
    const from = end + before.bytes.length;
    const to = bodyEnd(bytes, from);
    if (to <= from || size + to - from > texts.length) break;
    if (to + after.bytes.length > length || !holds(view, to, after)) break;
    for (let at = from; at < to; at += 1) {
      texts[size] = bytes[at] ?? 0;
      size += 1;
    }
    ends.push(size);
    end = to + after.bytes.length;
  }
  if (ends.length === 0) return null;
  return { end, ends, bytes: () => unescapedBytes(texts, size), read: () => decoder.decode(texts.subarray(0, size)) };
}

/** Puts the texts of the run that was found last into frames. */
function writeFrames({ after, before, between }: OutgoingFrame, ends: readonly number[], room: Room): Uint8Array {
  const size = ends.at(-1) ?? 0;
  const frames = room.take(before.length + between.length * (ends.length - 1) + size + after.length);
  let place = 0;
  let at = 0;
  for (const end of ends) {
    const around = at === 0 ? before : between;
    frames.set(around, place);
    place += around.length;
    for (; at < end; at += 1) {
      frames[place] = texts[at] ?? 0;
      place += 1;
    }
  }
  frames.set(after, place);
  return frames;
}

/** The texts of the run that was found last, each by itself: none holds a bare line end. */
function textsApart(ends: readonly number[], room: Room): string[] {
  const [end = 0, ...more] = ends;
  if (more.length === 0) return [decoder.decode(texts.subarray(0, end))];
  return decoder.decode(writeFrames(BY_LINES, ends, room)).split('\n');
}

/** What goes out in place of the run that was found last; null where it goes out as it came. */
export function printRun({ answer }: Pattern, { ends }: Run, room: Room): Uint8Array | null {
  if (answer === 'as it came') return null;
  if (answer === 'nothing') return NOTHING;
  if (typeof answer === 'object') return writeFrames(answer, ends, room);
  return encoder.encode(answer(textsApart(ends, room)));
}
