import type { Dialect, Reading } from '../dialects/dialect.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { findPipeline } from '../pipelines/registry.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { type JsonDocument, parseDocument } from '../protocol/json-document.ts';
import { type Incoming, logStage } from './incoming.ts';
import { readBody } from './read-body.ts';
import { sessionOf, tagsOf } from './tags.ts';

/** What a client wants. Made once; each try at a provider is prepared from it. */
export interface Ask {
  readonly dialect: Dialect;
  readonly pipeline: Pipeline;
  /** The body as it was sent. */
  readonly document: JsonDocument;
  readonly reading: Reading;
  /** In Chat Completions, as the client wrote it. */
  readonly request: ChatRequest;
  readonly wantsStream: boolean;
  /** What the client calls its session and what it marks its requests with, for the log. */
  readonly session: string | null;
  readonly tags: Readonly<Record<string, string>> | null;
}

/** Reads what the client wants. Throws RouterError for what its door cannot take. */
export async function readAsk(incoming: Incoming, dialect: Dialect): Promise<Ask> {
  const { config, key, request: sent } = incoming;
  const document = parseDocument(await readBody(sent, config.maxBodyBytes));
  const pipeline = findPipeline(key.purpose);
  // Other dialects than the door's own come to the chat door only: Cursor mixes them there.
  const value = dialect.endpoint === 'chat' ? (pipeline.read?.(document.value) ?? document.value) : document.value;
  const reading = dialect.read(document, value);
  if (reading.changes.length > 0) logStage(incoming, 'request_read', { changes: reading.changes.join('; ') });
  const { request } = reading;
  return {
    ...{ dialect, pipeline, document, reading, request },
    wantsStream: request.stream === true,
    session: sessionOf(sent.headers, document.value),
    tags: tagsOf(sent.headers),
  };
}
