import type { ChatMessage } from '../../protocol/chat.ts';
import { RouterError } from '../../protocol/errors.ts';
import { isObject } from '../../protocol/json.ts';

function isImage(part: unknown): boolean {
  return isObject(part) && (part['type'] === 'image_url' || part['type'] === 'image');
}

/** Throws where the conversation holds an image, for a model that takes none. */
export function refuseImages(messages: readonly ChatMessage[], model: string): void {
  if (!messages.some(({ content }) => Array.isArray(content) && content.some(isImage))) return;
  throw new RouterError(
    'unsupported_value',
    `The conversation holds an image, and ${model} reads text only. Remove the image, or choose a model that takes images.`,
    { param: 'messages' },
  );
}
