import type { ChatMessage } from '../../protocol/chat.ts';
import { isObject, type JsonObject, mapList, parseJson } from '../../protocol/json.ts';
import { writeInput } from './custom-input.ts';

/** Arguments as text, whatever a client sends in their place: JSON is printed, and nothing is the empty text. */
export function argumentsText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Any value as JSON, a text as it is; nothing is an empty object. */
export function jsonText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {});
}

/** A call's arguments as JSON: what a model has written in another form would end the chat at the provider, each time anew. */
export function callText(value: unknown): string {
  // What came as a value is JSON once it is printed; only a text may be none.
  if (typeof value !== 'string') return jsonText(value);
  if (value.trim() === '') return '{}';
  return parseJson(value) === undefined ? writeInput(value) : value;
}

/** A name as text. Providers refuse a call without one, so it gets one that says nothing. */
export function nameText(value: unknown): string {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : 'tool';
}

function mendCall(call: JsonObject): JsonObject {
  if (call['type'] === 'custom') return call;
  // Some clients keep the name and the arguments flat.
  const called: JsonObject = isObject(call['function'])
    ? call['function']
    : { name: call['name'], arguments: call['arguments'] };
  const name = nameText(called['name']);
  const text = argumentsText(called['arguments']);
  // Z.ai reads the arguments, and an empty text is no JSON: error 1210.
  const printed = text.trim() === '' ? '{}' : text;
  if (called === call['function'] && name === called['name'] && printed === called['arguments']) return call;
  return { ...call, function: { ...called, name, arguments: printed } };
}

/** A message whose calls are a list of objects with texts for name and arguments; the very same one where nothing is amiss. */
export function mendCalls(message: ChatMessage): ChatMessage {
  const { tool_calls: said } = message;
  if (said === undefined || said === null) return message;
  const listed: unknown[] = Array.isArray(said) ? said : [said];
  const calls = listed.every(isObject) ? listed : listed.filter(isObject);
  const mended = mapList(calls, mendCall);
  return mended === said ? message : { ...message, tool_calls: mended };
}
