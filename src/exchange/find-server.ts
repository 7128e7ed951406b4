import type { ConversationAsk } from './ask.ts';
import { findRoute } from './find-route.ts';
import type { Incoming } from './incoming.ts';
import type { LocalText } from './local-answer.ts';
import { type Choice, withTargets } from './order.ts';
import { wrongDoor } from './wrong-door.ts';

/** What serves a request: models of providers, or this Worker itself. */
export type Server = { kind: 'found'; choices: readonly Choice[] } | { kind: 'local'; local: LocalText };

/** Who serves the names that were asked for. Throws RouterError where nobody does, or this key may not use it. */
export function findServer(incoming: Incoming, ask: ConversationAsk): Server {
  const { pipeline, reading, request } = ask;
  const found = findRoute(incoming, ask);
  if (found.kind === 'unknown') {
    const text = pipeline.localAnswer?.(request) ?? null;
    if (text === null) throw found.error;
    return { kind: 'local', local: { text, finishReason: 'stop' } };
  }
  const choices = withTargets(found.choices, ({ model }) => model.embedding === undefined);
  if (choices.length === 0) throw wrongDoor(request.model, 'embeddings');
  return reading.wantsNothing
    ? { kind: 'local', local: { text: '', finishReason: 'length' } }
    : { kind: 'found', choices };
}
