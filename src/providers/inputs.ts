import type { Input, Model } from '../catalog/model.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { contentOf } from '../protocol/content.ts';
import { RouterError } from '../protocol/errors.ts';
import { mediaOf } from '../protocol/media.ts';
import type { Provider, RequestContext } from './provider.ts';
import type { RequestDraft } from './request-draft.ts';

/** What a part holds that the model does not read; null where it reads it. */
function unreadIn(part: unknown, model: Model): Input | null {
  const input = mediaOf(part);
  return input === null || model.inputs?.includes(input) !== false ? null : input;
}

function firstUnread({ content }: ChatMessage, model: Model): Input | null {
  if (!Array.isArray(content)) return null;
  for (const part of content) {
    const input = unreadIn(part, model);
    if (input !== null) return input;
  }
  return null;
}

function refusal(provider: Pick<Provider, 'id' | 'models'>, context: RequestContext, input: Input): RouterError {
  const { id, models } = provider;
  const { mayUse = () => true, model } = context;
  const readers = models.filter((other) => other.inputs?.includes(input) === true).map((other) => `${id}/${other.id}`);
  const others = readers.filter(mayUse);
  const advice = others.length === 0 ? '' : `, or use a model that does: ${others.join(', ')}`;
  return new RouterError(
    'unsupported_value',
    `${id}/${model.id} takes no ${input} input. Remove it from the messages${advice}.`,
    { param: 'messages' },
  );
}

function inWords(part: unknown, model: Model): unknown {
  const input = unreadIn(part, model);
  return input === null ? part : { type: 'text', text: `[${input}: this model reads none]` };
}

/** A message whose unread parts are words. */
function withWords(message: ChatMessage, model: Model): ChatMessage {
  const parts: unknown[] = Array.isArray(message.content) ? message.content : [];
  return { ...message, content: contentOf(parts.map((part) => inWords(part, model))) };
}

/** Where what the person asks now begins: their last message, and those right before it. */
function questionStart(messages: readonly ChatMessage[]): number {
  let start = messages.findLastIndex(({ role }) => role === 'user');
  while (messages[start - 1]?.role === 'user') start -= 1;
  return start;
}

/**
 * Deals with pictures and the like that the model does not read. What the person asks about now is refused, and the
 * refusal says which of the provider's models reads it. What stands further back (a chat that began with another model)
 * or in a tool's result became part of the chat without them: there words say that something was left out, always the
 * same ones, and the chat goes on.
 */
export function settleInputs(
  draft: RequestDraft,
  provider: Pick<Provider, 'id' | 'models'>,
  context: RequestContext,
): void {
  const { model } = context;
  const { messages } = draft.request;
  let settled: ChatMessage[] | null = null;
  let question: number | null = null;
  for (const [position, message] of messages.entries()) {
    const input = firstUnread(message, model);
    if (input === null) continue;
    question ??= questionStart(messages);
    if (message.role === 'user' && position >= question) throw refusal(provider, context, input);
    settled ??= [...messages];
    settled[position] = withWords(message, model);
  }
  if (settled !== null) draft.set('messages', settled, `${model.id} does not read all that is in them`);
}
