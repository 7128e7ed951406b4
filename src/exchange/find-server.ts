import type { ConversationAsk } from './ask.ts';
import { findTarget } from './find-target.ts';
import type { Incoming } from './incoming.ts';
import type { LocalText } from './local-answer.ts';
import type { Target } from './target.ts';
import { wrongDoor } from './wrong-door.ts';

/** What serves a request: a model of a provider, or this Worker itself. */
export type Server = { kind: 'found'; target: Target } | { kind: 'local'; local: LocalText };

/** Who serves the name that was asked for. Throws RouterError where nobody does, or this key may not use it. */
export function findServer(incoming: Incoming, { pipeline, reading, request }: ConversationAsk): Server {
  const found = findTarget(incoming, request);
  if (found.kind === 'found') {
    if (found.target.model.embedding !== undefined) throw wrongDoor(request.model, 'embeddings');
    return reading.wantsNothing ? { kind: 'local', local: { text: '', finishReason: 'length' } } : found;
  }
  const text = pipeline.localAnswer?.(request) ?? null;
  if (text === null) throw found.error;
  return { kind: 'local', local: { text, finishReason: 'stop' } };
}
