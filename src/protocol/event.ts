import type { ChatChunk } from './chat.ts';

/**
 * One `data:` event of a stream, after the provider's text was checked to hold a chunk.
 * A step that edits the chunk it got must set it again (`event.chunk = chunk`):
 * an event whose chunk nobody has set is sent on as the very bytes it came in.
 */
export class StreamEvent {
  #chunk: ChatChunk;
  #text: string | null;

  constructor(chunk: ChatChunk, text: string | null = null) {
    this.#chunk = chunk;
    this.#text = text;
  }

  get chunk(): ChatChunk {
    return this.#chunk;
  }

  set chunk(chunk: ChatChunk) {
    this.#chunk = chunk;
    this.#text = null;
  }

  /** True while the event is still what the provider wrote. */
  get untouched(): boolean {
    return this.#text !== null;
  }

  /** The JSON text. */
  get text(): string {
    return this.#text ?? JSON.stringify(this.#chunk);
  }
}

/** The texts of one chunk, or of several in a row. To be asked while the step is. */
export interface RepeatedTexts {
  /** Bytes of what they say, in UTF-8. */
  bytes(): number;
  /** All in one, JSON-escaped, as they stand between the quotes. */
  read(): string;
}

/** The part of a TransformStream's controller that steps use. */
export interface StepController {
  enqueue(event: StreamEvent): void;
}

/** The delta fields whose value is text of the model. */
export type TextField = 'content' | 'reasoning_content';

/**
 * One step of a stream: what `new TransformStream(step)` takes, so that a step can be tested as one.
 * `flush` runs once at every end, a broken one too, before the error frame or `[DONE]`.
 */
export interface StreamStep {
  transform(event: StreamEvent, controller: StepController): void;
  flush?(controller: StepController): void;
  /**
   * The fast path. Most chunks differ from the one before only in their text. For one such chunk, or several in a row,
   * each step is asked: would you pass these texts on exactly as you passed the last, and change nothing else?
   * `field` is the provider's field. Where several are refused, the first of them is asked for by itself.
   * A step that counts or records does so here and answers true. Answering false must have no effect:
   * the event then goes through `transform`. A step without this method sees every event there:
   * correct, only slower. Steps are asked from the last to the first, and only the last may refuse.
   */
  repeat?(field: TextField, texts: RepeatedTexts): boolean;
}

/** The one text that a chunk carries, and the field it stands in. */
export interface TextDelta {
  field: TextField;
  text: string;
}

/** What stands around the text of a frame, its quotes and the blank line included. */
export interface Surroundings {
  before: string;
  after: string;
}

/** Prints further chunks that differ from one in their text alone. The texts are JSON-escaped, as they stand between the quotes. */
export type PrintTexts = (escaped: readonly string[]) => string;

/** What a stream needs of a door's printer: each event as that door's clients read it. */
export interface EventPrinter {
  /** The frames for one event, empty where it says nothing there; null where it goes out as one `data:` frame of its own text. */
  event(event: StreamEvent): string | null;
  /**
   * The fast path: how chunks like this one, with another text in `delta`'s place, are printed.
   * 'as it came' where the provider's frame is the client's, and what stands around each text where that is always the same;
   * null where each has to be printed by itself. Asked after `event` has printed it.
   */
  repeat?(event: StreamEvent, delta: TextDelta): PrintTexts | Surroundings | 'as it came' | null;
}
