import type { ChatChunk } from '../protocol/chat.ts';
import { isObject, type JsonObject, parseJson } from '../protocol/json.ts';

/** What one event of a provider turned out to be. */
export type ProviderEvent =
  | { kind: 'chunk'; chunk: ChatChunk; mended: boolean }
  | { kind: 'error'; body: JsonObject }
  | { kind: 'garbage' };

/** Gateways complain without an envelope: `{"code": "1305", "msg": …}` at Z.ai's, `{"message": …}` elsewhere. */
function isComplaint(value: JsonObject): boolean {
  return value['code'] != null || (value['usage'] == null && typeof (value['message'] ?? value['msg']) === 'string');
}

/** What an event by the name of `error` says: an error object, with or without an envelope, or mere words. */
export function readErrorEvent(data: string): JsonObject {
  const value = parseJson(data);
  return isObject(value) ? value : { error: { message: typeof value === 'string' ? value : data } };
}

function isCallList(calls: unknown): boolean {
  return calls == null || (Array.isArray(calls) && calls.every(isObject));
}

/**
 * Reads one event's data. A chunk leaves here with `choices`, each with an `index` and a `delta`,
 * whatever the provider left out; `mended` says that something had to be put in.
 */
export function readChunk(data: string): ProviderEvent {
  const value = parseJson(data);
  if (!isObject(value)) return { kind: 'garbage' };
  if (value['error'] !== undefined && value['error'] !== null) return { kind: 'error', body: value };
  let mended = false;
  const choices: unknown[] = Array.isArray(value['choices']) ? value['choices'] : [];
  if (choices !== value['choices']) {
    if (isComplaint(value)) return { kind: 'error', body: value };
    value['choices'] = choices;
    mended = true;
  }
  for (const [position, choice] of choices.entries()) {
    if (!isObject(choice)) return { kind: 'garbage' };
    if (typeof choice['index'] !== 'number') {
      choice['index'] = position;
      mended = true;
    }
    const delta = isObject(choice['delta']) ? choice['delta'] : {};
    if (delta !== choice['delta']) {
      choice['delta'] = delta;
      mended = true;
    }
    if (!isCallList(delta['tool_calls'])) return { kind: 'garbage' };
  }
  return { kind: 'chunk', chunk: value as ChatChunk, mended }; // every member ChatChunk names was checked or put in
}
