import { isObject, type JsonObject } from './json.ts';
import { textOf } from './text.ts';

/*
 * Where an answer's text is due, providers send null, numbers, objects and lists of parts. A client that joins pieces
 * makes "null" and "[object Object]" of them, so they become text, or go, before anybody reads them.
 */

/** Parts as Mistral's API has them, which others follow: `{type: "text", text}`, `{type: "thinking", thinking: […]}`. */
function readParts(parts: readonly unknown[]): { content: string; reasoning: string } | null {
  let content = '';
  let reasoning = '';
  for (const part of parts) {
    if (isObject(part) && part['type'] === 'thinking') reasoning += textOf(part['thinking']) ?? '';
    else if (isObject(part) && part['type'] !== undefined && part['type'] !== 'text') return null;
    else content += textOf(part) ?? '';
  }
  return { content, reasoning };
}

/** Null for a list that holds more than text, which stays as it is. */
function mendContent(holder: JsonObject): boolean {
  const { content } = holder;
  if (!Array.isArray(content)) return mendText(holder, 'content');
  const said = readParts(content);
  if (said === null) return false;
  holder['content'] = said.content;
  if (said.reasoning !== '') holder['reasoning_content'] = (textOf(holder['reasoning_content']) ?? '') + said.reasoning;
  return true;
}

function mendText(holder: JsonObject, name: string): boolean {
  const value = holder[name];
  if (value === undefined || value === null || typeof value === 'string') return false;
  holder[name] = textOf(value) ?? (isObject(value) ? JSON.stringify(value) : null);
  return true;
}

/** Makes text of what a delta or a message says; true where it changed something. */
export function mendTexts(holder: JsonObject): boolean {
  let changed = mendContent(holder);
  for (const name of ['reasoning_content', 'reasoning', 'refusal']) changed = mendText(holder, name) || changed;
  return changed;
}

function mendWord(holder: JsonObject, name: string): boolean {
  const value = holder[name];
  if (value === undefined || typeof value === 'string') return false;
  if (typeof value === 'number') holder[name] = String(value);
  else delete holder[name];
  return true;
}

/** Arguments are JSON as text: where a provider sends the JSON itself, it is printed. */
function mendArguments(called: JsonObject): boolean {
  const value = called['arguments'];
  if (value === undefined || typeof value === 'string') return false;
  called['arguments'] = value === null ? '' : JSON.stringify(value);
  return true;
}

/** A choice's number; some write it as text, and where there is none, its place in the list is meant. */
export function mendIndex(choice: JsonObject, position: number): boolean {
  const { index } = choice;
  if (typeof index === 'number' && Number.isSafeInteger(index) && index >= 0) return false;
  choice['index'] = typeof index === 'string' && /^\d{1,3}$/.test(index) ? Number(index) : position;
  return true;
}

/** Makes text of a call's id, type, name and arguments, whole or a piece of it; true where it changed something. */
function mendCall(call: JsonObject): boolean {
  let changed = mendWord(call, 'id');
  if (call['type'] !== undefined && call['type'] !== 'function' && call['type'] !== 'custom') {
    delete call['type'];
    changed = true;
  }
  const { function: called, custom } = call;
  if (isObject(called)) {
    changed = mendWord(called, 'name') || changed;
    return mendArguments(called) || changed;
  }
  if (isObject(custom)) return changed;
  call['function'] = {};
  return true;
}

/** The same for all calls of a delta or a message; what is no call goes. */
export function mendCallList(holder: JsonObject): boolean {
  const { tool_calls: said } = holder;
  if (said === undefined || said === null) return false;
  const listed: unknown[] = Array.isArray(said) ? said : [said];
  const calls = listed.filter(isObject).filter((call) => Object.keys(call).length > 0);
  let changed = listed !== said || calls.length < listed.length;
  if (changed) holder['tool_calls'] = calls;
  for (const call of calls) changed = mendCall(call) || changed;
  return changed;
}
