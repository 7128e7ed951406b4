import { isObject, type JsonObject, mapList, without } from '../../protocol/json.ts';

/** The form of 2023, without ids: a call and its result belong together by their place in the conversation. */
function legacyId(position: number): string {
  return `call_${position}`;
}

function readMessage(message: unknown, position: number): unknown {
  if (!isObject(message)) return message;
  const { function_call: called } = message;
  const rest = without(message, 'function_call');
  if (message['role'] === 'function') {
    return { ...without(rest, 'name'), role: 'tool', tool_call_id: legacyId(position - 1) } satisfies JsonObject;
  }
  if (!isObject(called)) return rest;
  return { ...rest, tool_calls: [{ id: legacyId(position), type: 'function', function: called }] };
}

/** `function_call` and role `function` → `tool_calls` and role `tool`. The ids stay the same in every later request. */
export function readLegacyCalls(messages: readonly unknown[]): readonly unknown[] {
  return mapList(messages, readMessage);
}
