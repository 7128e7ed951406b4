import { isObject, type JsonObject } from '../../protocol/json.ts';

/** The form of 2023, without ids: a call and its result belong together by their place in the conversation. */
function legacyId(position: number): string {
  return `call_${position}`;
}

function readMessage(message: unknown, position: number): unknown {
  if (!isObject(message)) return message;
  const { function_call: called, ...rest } = message;
  if (message['role'] === 'function') {
    const { name: _name, ...result } = rest;
    return { ...result, role: 'tool', tool_call_id: legacyId(position - 1) } satisfies JsonObject;
  }
  if (!('function_call' in message)) return message;
  if (!isObject(called)) return rest;
  return { ...rest, tool_calls: [{ id: legacyId(position), type: 'function', function: called }] };
}

/** `function_call` and role `function` → `tool_calls` and role `tool`. The ids stay the same in every later request. */
export function readLegacyCalls(messages: readonly unknown[]): unknown[] {
  return messages.map(readMessage);
}
