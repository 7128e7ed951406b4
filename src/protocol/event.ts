import type { ChatChunk } from './chat.ts';

/**
 * One `data:` event of a stream. It is text until someone needs the object:
 * `chunk` parses at the first look, and setting it marks the event as changed.
 * A step that edits the object it got must set it again: `event.chunk = chunk`.
 */
export class StreamEvent {
  #text: string | undefined;
  #chunk: ChatChunk | undefined;

  private constructor(text: string | undefined, chunk: ChatChunk | undefined) {
    this.#text = text;
    this.#chunk = chunk;
  }

  /** An event read from a vendor, with the chunk it was checked to hold. */
  static read(text: string, chunk: ChatChunk): StreamEvent {
    return new StreamEvent(text, chunk);
  }

  /** An event of our own making. */
  static of(chunk: ChatChunk): StreamEvent {
    return new StreamEvent(undefined, chunk);
  }

  /** The JSON text: the vendor's own bytes while nobody has changed the chunk. */
  get text(): string {
    this.#text ??= JSON.stringify(this.#chunk);
    return this.#text;
  }

  get chunk(): ChatChunk {
    this.#chunk ??= JSON.parse(this.text) as ChatChunk; // checked when the event was read
    return this.#chunk;
  }

  set chunk(chunk: ChatChunk) {
    this.#chunk = chunk;
    this.#text = undefined;
  }
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
   * The fast path. Most chunks differ from the one before only in their text. When such a chunk comes,
   * each step is asked: would you pass this text on exactly as you passed the last, and change nothing else?
   * `field` is the vendor's field, `text` the JSON-escaped text as it stands between the quotes.
   * A step that counts or records does so here and answers true. A step without this method
   * is sent every event through `transform`: correct, only slower. Answering false must have no effect.
   */
  repeat?(field: TextField, text: string): boolean;
}
