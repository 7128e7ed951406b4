import type { ChatCompletion } from '../protocol/chat.ts';
import { mapFinishReason } from './finish-reason.ts';

/** A whole answer that strict clients can read. */
export interface NormalCompletion {
  completion: ChatCompletion;
  /** True where the provider's own text can no longer be sent. */
  changed: boolean;
  finishReason: string | null;
  vendorFinishReason: string | null;
}

/** Makes a whole answer what strict clients need, and changes nothing that is right already. */
export function normalizeCompletion(
  completion: ChatCompletion,
  traits: { id: string; created: number; finishReasons: Readonly<Record<string, string>> },
): NormalCompletion {
  let changed = false;
  for (const [name, value] of [
    ['id', traits.id],
    ['object', 'chat.completion'],
    ['created', traits.created],
  ] as const) {
    if (typeof completion[name] === typeof value && completion[name] !== '') continue;
    completion[name] = value;
    changed = true;
  }
  let vendorFinishReason: string | null = null;
  let finishReason: string | null = null;
  for (const choice of completion.choices) {
    const said: unknown = choice.finish_reason;
    vendorFinishReason = typeof said === 'string' && said !== '' ? said : null;
    finishReason = mapFinishReason(vendorFinishReason ?? 'stop', traits.finishReasons);
    if (finishReason === vendorFinishReason) continue;
    choice.finish_reason = finishReason;
    changed = true;
  }
  return { completion, changed, finishReason, vendorFinishReason };
}
