import type { Model } from '../catalog/model.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { contentOf } from '../protocol/content.ts';
import { isObject } from '../protocol/json.ts';
import type { RequestDraft } from './request-draft.ts';

/** The same words for the same schema, so that a chat's prefix stays the same. JSON mode wants the word JSON in them. */
function wordsFor(format: unknown): string {
  const { schema, description } = isObject(format) ? format : {};
  const about = typeof description === 'string' && description !== '' ? ` It is: ${description}` : '';
  const answer = `Answer with one JSON object and nothing else.${about}`;
  return isObject(schema) ? `${answer}\nIt must be valid against this JSON Schema:\n${JSON.stringify(schema)}` : answer;
}

/** A system message that ends with `words`. */
function withWords(message: ChatMessage, words: string): ChatMessage {
  const content = Array.isArray(message.content) ? contentOf(message.content) : message.content;
  if (Array.isArray(content)) return { ...message, content: [...content, { type: 'text', text: words }] };
  return { ...message, content: typeof content === 'string' && content !== '' ? `${content}\n\n${words}` : words };
}

/**
 * `json_schema` for a model that knows `json_object` alone ("This response_format type is unavailable now", DeepSeek:
 * https://github.com/BerriAI/litellm/pull/42245, 2026-09): the schema goes into the leading system message.
 */
export function settleStructuredOutput(draft: RequestDraft, model: Model): void {
  const { response_format: format, messages } = draft.request;
  if (model.structured !== 'object' || !isObject(format) || format['type'] !== 'json_schema') return;
  const words = wordsFor(format['json_schema']);
  const [first, ...rest] = messages;
  const led: ChatMessage[] =
    first?.role === 'system' ? [withWords(first, words), ...rest] : [{ role: 'system', content: words }, ...messages];
  draft.set('messages', led, 'the leading system message holds the schema of the answer');
  draft.set('response_format', { type: 'json_object' }, `${model.id} takes no schema here`);
}
