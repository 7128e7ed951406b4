import type { ChatCompletion } from './chat.ts';
import { isObject, type JsonObject } from './json.ts';
import { DONE_FRAME, frameOf } from './sse.ts';

/** What a whole body of a vendor turned out to be. */
export type VendorBody =
  | { kind: 'completion'; completion: ChatCompletion }
  | { kind: 'error'; body: JsonObject }
  | { kind: 'garbage' };

/** Reads a whole answer. Blank lines before it, which vendors send while one waits, are white space to JSON. */
export function readCompletion(text: string): VendorBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'garbage' };
  }
  if (!isObject(value)) return { kind: 'garbage' };
  const choices = value['choices'];
  if (!Array.isArray(choices) || choices.length === 0) {
    return value['error'] === undefined && value['code'] === undefined
      ? { kind: 'garbage' }
      : { kind: 'error', body: value };
  }
  for (const [position, choice] of choices.entries()) {
    if (!isObject(choice) || !isObject(choice['message'])) return { kind: 'garbage' };
    choice['index'] ??= position;
    choice['message']['role'] ??= 'assistant';
  }
  return { kind: 'completion', completion: value as ChatCompletion }; // every member ChatCompletion names was checked or put in
}

/** A whole completion as the stream it should have been, for vendors that answer a stream request with one. */
export function completionAsStream(completion: ChatCompletion): string {
  const { choices, usage, ...envelope } = completion;
  const shared = { ...envelope, object: 'chat.completion.chunk' };
  let frames = '';
  for (const { message, finish_reason, ...choice } of choices) {
    const calls = message.tool_calls;
    const delta = Array.isArray(calls)
      ? { ...message, tool_calls: calls.map((call: unknown, index) => (isObject(call) ? { index, ...call } : call)) }
      : message;
    frames += frameOf(JSON.stringify({ ...shared, choices: [{ ...choice, delta, finish_reason: null }] }));
    frames += frameOf(JSON.stringify({ ...shared, choices: [{ ...choice, delta: {}, finish_reason }] }));
  }
  if (usage) frames += frameOf(JSON.stringify({ ...shared, choices: [], usage }));
  return frames + DONE_FRAME;
}
