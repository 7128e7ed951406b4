import { chatDialect } from './chat/chat.ts';
import type { Dialect } from './dialect.ts';
import { messagesDialect } from './messages/messages.ts';
import { responsesDialect } from './responses/responses.ts';

/**
 * The dialect in which an answer on this path is to be given, errors too: the door's own, and Anthropic's wherever a
 * client says that it speaks it. OpenAI's for all else.
 */
export function dialectAt(path: string, headers: Headers): Dialect {
  const [, door] = /^\/(?:api\/)?v1\/([a-z]+)/.exec(path) ?? [];
  if (door === 'messages') return messagesDialect;
  if (door === 'responses') return responsesDialect;
  return door !== undefined && headers.has('anthropic-version') ? messagesDialect : chatDialect;
}
