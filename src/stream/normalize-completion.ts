import type { ChatCompletion, CompletionChoice } from '../protocol/chat.ts';
import { distinctIds } from '../protocol/distinct-ids.ts';
import { isObject } from '../protocol/json.ts';
import { mendUsage } from '../protocol/usage.ts';
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

/** Each call has a type, its arguments, and an id of its own: clients answer it by that. */
function mendCalls({ index, message }: CompletionChoice, answerId: string): boolean {
  const calls: unknown[] = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  const tellApart = distinctIds();
  let changed = false;
  for (const [position, call] of calls.filter(isObject).entries()) {
    const { id, type, function: called } = call;
    call['id'] = tellApart(typeof id === 'string' && id !== '' ? id : `call_${answerId}_${index}_${position}`);
    if (!type) call['type'] = 'function';
    changed ||= call['id'] !== id || call['type'] !== type;
    if (!isObject(called) || called['arguments'] !== undefined) continue;
    called['arguments'] = '';
    changed = true;
  }
  return changed;
}

/** Makes a whole answer what strict clients need, and changes nothing that is right already. */
export function normalizeCompletion(
  completion: ChatCompletion,
  traits: { id: string; created: number; finishReasons: Readonly<Record<string, string>> },
): NormalCompletion {
  let changed = mendUsage(completion);
  if (completion['model'] != null && typeof completion['model'] !== 'string') {
    delete completion['model'];
    changed = true;
  }
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
    changed = mendCalls(choice, traits.id) || changed;
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
