import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import type { BlockPlace } from './block-place.ts';

function textOf(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const texts = content.map((block: unknown) => (isObject(block) ? block['text'] : null));
  return texts.filter((text) => typeof text === 'string').join('\n');
}

/**
 * A document as text. None of our providers reads a PDF in a chat, so one that is asked about now is refused, and one
 * further back is named: a refusal there would end the chat for good.
 */
export function readDocument(block: JsonObject, { isQuestion, place }: BlockPlace): JsonObject[] {
  const source = isObject(block['source']) ? block['source'] : {};
  const title = typeof block['title'] === 'string' ? block['title'] : '';
  const text = source['type'] === 'text' ? textOf(source['data']) : textOf(source['content']);
  if (text !== null) return [{ type: 'text', text: title === '' ? text : `${title}\n${text}` }];
  if (isQuestion || source['type'] === 'file') {
    throw new RouterError(
      'unsupported_value',
      `${place} holds a document that is no text, and the models here read none. Send its text.`,
      { param: place },
    );
  }
  return [{ type: 'text', text: `[document${title === '' ? '' : `: ${title}`}]` }];
}
