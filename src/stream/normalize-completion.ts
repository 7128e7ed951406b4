import type { ChatCompletion } from '../protocol/chat.ts';
import { mapFinishReason, readFinishReason } from './finish-reason.ts';

/** A whole answer that strict clients can read. */
export interface NormalCompletion {
  completion: ChatCompletion;
  /** True where the provider's own text can no longer be sent. */
  changed: boolean;
  /** True when there is a choice, and a finish reason for each: without one, an answer is as unfinished as a stream is. */
  isComplete: boolean;
  /** The last one, but `error` where any choice ended in one. */
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
  let isComplete = completion.choices.length > 0;
  let vendorFinishReason: string | null = null;
  let finishReason: string | null = null;
  for (const choice of completion.choices) {
    const said = readFinishReason(choice.finish_reason);
    if (said === null) {
      isComplete = false;
      continue;
    }
    const reason = mapFinishReason(said, traits.finishReasons);
    if (finishReason !== 'error') {
      finishReason = reason;
      vendorFinishReason = said;
    }
    if (reason === choice.finish_reason) continue;
    choice.finish_reason = reason;
    changed = true;
  }
  return { completion, changed, isComplete, finishReason, vendorFinishReason };
}
