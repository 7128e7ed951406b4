import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import type { BlockPlace } from './block-place.ts';

/**
 * A document as text, and as the pictures that its blocks hold; `readBlocks` reads those. None of our providers reads a
 * PDF in a chat, so one that is asked about now is refused, and one further back is named: a refusal there would end the
 * chat for good.
 */
export function readDocument(
  block: JsonObject,
  { isQuestion, place }: BlockPlace,
  readBlocks: (content: unknown) => JsonObject[],
): JsonObject[] {
  const source = isObject(block['source']) ? block['source'] : {};
  const title = typeof block['title'] === 'string' ? block['title'] : '';
  const content = source['type'] === 'text' ? source['data'] : source['content'];
  if (typeof content === 'string' || Array.isArray(content)) {
    return [...(title === '' ? [] : [{ type: 'text', text: title }]), ...readBlocks(content)];
  }
  if (isQuestion || source['type'] === 'file') {
    throw new RouterError(
      'unsupported_value',
      `${place} holds a document that is no text, and the models here read none. Send its text.`,
      { param: place },
    );
  }
  return [{ type: 'text', text: `[document${title === '' ? '' : `: ${title}`}]` }];
}
