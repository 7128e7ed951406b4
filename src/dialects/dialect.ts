import type { ChatCompletion, ChatRequest } from '../protocol/chat.ts';
import type { RouterError } from '../protocol/errors.ts';
import type { EventPrinter } from '../protocol/event.ts';
import type { JsonObject } from '../protocol/json.ts';
import type { JsonDocument } from '../protocol/json-document.ts';
import type { Usage } from '../protocol/usage.ts';

/*
 * A door: the dialect that one endpoint's clients speak. Chat Completions is the language inside;
 * a dialect reads its requests into it, and prints its answers out of it.
 */

/** A door's name, as log rows have it. */
export const ENDPOINTS = ['chat', 'messages', 'responses', 'embeddings'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** What a door's answer says of itself. */
export interface AnswerFacts {
  /** Ours; the id of the log row. */
  requestId: string;
  /** Unix seconds. */
  created: number;
  /** The name the client asked for. */
  requestedModel: string;
  /** Tokens that the input is thought to have. */
  inputEstimate: number;
}

/** Which provider and model a leg is tried at. */
export interface Served {
  provider: string;
  model: string;
}

/** How an answer that is complete ended, and what was settled for it. */
export interface Ending {
  usage: Usage;
  /** In OpenAI's words. */
  finishReason: string | null;
  /** In the provider's. */
  vendorFinishReason: string | null;
}

/** Prints one streamed answer. Every method gives text for the client, empty where there is nothing to say. */
export interface Printer extends EventPrinter {
  /** The first words. Asked for once, before anything else; they go out when the client gets its status. */
  begin(): string;
  /** Called before the first event of each try; what an earlier try has said is forgotten, since none of it went out. */
  leg(served: Served): void;
  /** A sign of life, while nothing else is said. */
  keepAlive(): string;
  /** The last words of an answer that is complete. */
  end(ending: Ending): string;
  /** The last words of one that is not. */
  fail(error: RouterError): string;
}

/** A whole answer on its way to the client. */
export interface WholeAnswer {
  completion: ChatCompletion;
  /** The provider's own text, where it is still what `completion` says; null where something was changed. */
  text: string | null;
  served: Served;
  ending: Ending;
}

/** A client's request as its door reads it, and how that client wants its answer. */
export interface Reading {
  /** In Chat Completions. */
  request: ChatRequest;
  /** True where the client wants no answer at all: it is given an empty one, and no provider is called. */
  wantsNothing: boolean;
  /** What was left out of the request or changed in it, a few words each, for the debug log. */
  changes: readonly string[];
  openPrinter(facts: AnswerFacts): Printer;
  /** The JSON text of a whole answer. */
  printWhole(answer: WholeAnswer, facts: AnswerFacts): string;
}

/** An error as a door's clients read it. */
export interface PrintedError {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: object;
}

/** An endpoint's own ways, whatever is asked there. Pure: ids and times are passed in. */
export interface Door {
  readonly endpoint: Endpoint;
  error(error: RouterError, requestId: string): PrintedError;
  /** True for an error that clients act on only inside a stream: one who asked for a stream gets it there, after a 200. */
  tellsInStream(error: RouterError): boolean;
  /** What this door's answers carry in their headers beside what all have. */
  headers(requestId: string): Readonly<Record<string, string>>;
}

/** A door for conversations, and the dialect that is spoken there. */
export interface Dialect extends Door {
  /**
   * Reads a body. `value` is the document's object, or what a key's pipeline made of it.
   * Throws RouterError for what the door cannot take, `param` naming the member.
   */
  read(document: JsonDocument, value: JsonObject): Reading;
}
