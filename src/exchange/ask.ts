import type { Dialect, Door, Reading } from '../dialects/dialect.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { findPipeline } from '../pipelines/registry.ts';
import { type ChatRequest, namesOf } from '../protocol/chat.ts';
import { type JsonDocument, parseDocument } from '../protocol/json-document.ts';
import { type Incoming, logStage } from './incoming.ts';
import { readBody } from './read-body.ts';
import { sessionOf, tagsOf } from './tags.ts';

/** What a client wants. Made once; each try at a provider is prepared from it. */
export interface Ask {
  readonly door: Door;
  /** In Chat Completions, as the client wrote it; what it wants embedded stands there as a message. */
  readonly request: ChatRequest;
  /** The body as it was sent. */
  readonly document: JsonDocument;
  /** What it asks for, in the order in which it is to be tried: its model, or a list of them. */
  readonly names: readonly string[];
  readonly wantsStream: boolean;
  /** What the client calls its session and what it marks its requests with, for the log. */
  readonly session: string | null;
  readonly tags: Readonly<Record<string, string>> | null;
}

/** The same for a conversation. */
export interface ConversationAsk extends Ask {
  readonly door: Dialect;
  readonly pipeline: Pipeline;
  readonly reading: Reading;
}

/** Reads a body to its end. Throws RouterError for what is too large, no JSON, or nested too deeply. */
export async function readDocument({ config, request }: Incoming): Promise<JsonDocument> {
  return parseDocument(await readBody(request, config.maxBodyBytes));
}

/** What an ask has whatever is asked for. */
export function askOf({ request: { headers } }: Incoming, door: Door, document: JsonDocument, asked: ChatRequest): Ask {
  // The list is the router's, and no provider's.
  const { models, ...request } = asked;
  return {
    door,
    request: models === undefined ? asked : (request as ChatRequest), // all that is left of one
    document,
    names: namesOf(asked),
    wantsStream: asked.stream === true,
    session: sessionOf(headers, document.value),
    tags: tagsOf(headers),
  };
}

/** Reads what the client wants in a conversation. Throws RouterError for what its door cannot take. */
export async function readAsk(incoming: Incoming, door: Dialect): Promise<ConversationAsk> {
  const document = await readDocument(incoming);
  const own = findPipeline(incoming.key.purpose);
  // Other dialects than the door's own come to the chat door only: Cursor mixes them there.
  const pipeline = door.endpoint === 'chat' ? own : (own.translated ?? own);
  const value = pipeline.read?.(document.value) ?? document.value;
  const reading = door.read(document, value);
  if (reading.changes.length > 0) logStage(incoming, 'request_read', { changes: reading.changes.join('; ') });
  return { ...askOf(incoming, door, document, reading.request), door, pipeline, reading };
}
