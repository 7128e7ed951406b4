import { mendCallList, mendIndex, mendTexts } from '../protocol/answer-text.ts';
import type { ChatChunk } from '../protocol/chat.ts';
import { isObject, type JsonObject, parseJson } from '../protocol/json.ts';

/** What one event of a provider turned out to be. */
export type ProviderEvent =
  | { kind: 'chunk'; chunk: ChatChunk; mended: boolean }
  | { kind: 'error'; body: JsonObject }
  | { kind: 'nothing' }
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

/** Makes text of what a choice says, and puts in what it lacks; true where it did. */
function mendChoice(choice: JsonObject, position: number): boolean {
  let mended = mendIndex(choice, position);
  const { delta: said, message } = choice;
  // A gateway that cannot stream sends the whole answer as one event.
  const delta = isObject(said) ? said : isObject(message) ? message : {};
  if (delta !== said) {
    choice['delta'] = delta;
    mended = true;
  }
  if (delta === message) delete choice['message'];
  mended = mendTexts(delta) || mended;
  return mendCallList(delta) || mended;
}

/**
 * Reads one event's data. A chunk leaves here with `choices`, each with an `index` and a `delta`,
 * whatever the provider left out; `mended` says that something had to be put in.
 */
export function readChunk(data: string): ProviderEvent {
  const value = parseJson(data);
  if (value === null) return { kind: 'nothing' };
  if (!isObject(value)) return { kind: 'garbage' };
  const { error, choices: said } = value;
  if (error) return { kind: 'error', body: value };
  const listed: unknown[] = Array.isArray(said) ? said : [];
  if (listed !== said && isComplaint(value)) return { kind: 'error', body: value };
  const choices = listed.filter(isObject);
  // An error that is null says that there is none; the AI SDK takes the mere member for one.
  let mended = choices.length !== listed.length || listed !== said || 'error' in value;
  if ('error' in value) delete value['error'];
  if (mended) value['choices'] = choices;
  for (const [position, choice] of choices.entries()) mended = mendChoice(choice, position) || mended;
  return { kind: 'chunk', chunk: value as ChatChunk, mended }; // every member ChatChunk names was checked or put in
}
