import type { Input, Model } from '../catalog/model.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { RouterError } from '../protocol/errors.ts';
import { isObject } from '../protocol/json.ts';

const PART_INPUTS: ReadonlyMap<unknown, Input> = new Map<unknown, Input>([
  ['image_url', 'image'],
  ['image', 'image'],
  ['input_image', 'image'],
  ['video_url', 'video'],
  ['file', 'file'],
  // Z.ai's word.
  ['file_url', 'file'],
]);

function firstRefused(messages: readonly ChatMessage[], model: Model): Input | null {
  for (const { content } of messages) {
    if (!Array.isArray(content)) continue;
    const parts: unknown[] = content;
    for (const part of parts) {
      const input = isObject(part) ? PART_INPUTS.get(part['type']) : undefined;
      if (input !== undefined && !model.inputs.includes(input)) return input;
    }
  }
  return null;
}

/** Refuses early what the model does not take, and says which of the provider's models do. */
export function refuseInputs(provider: string, models: readonly Model[], model: Model, messages: ChatMessage[]): void {
  const refused = firstRefused(messages, model);
  if (refused === null) return;
  const others = models.filter((other) => other.inputs.includes(refused)).map((other) => `${provider}/${other.id}`);
  const advice = others.length === 0 ? '' : `, or use a model that does: ${others.join(', ')}`;
  throw new RouterError(
    'unsupported_value',
    `${provider}/${model.id} takes no ${refused} input. Remove it from the messages${advice}.`,
    { param: 'messages' },
  );
}
