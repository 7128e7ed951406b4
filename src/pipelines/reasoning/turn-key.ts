import { type ChatMessage, callsOf } from '../../protocol/chat.ts';
import { isObject } from '../../protocol/json.ts';
import type { TurnKey } from '../pipeline.ts';
import { hashText } from './hash.ts';

/** Text of a content; parts that are not text count as their JSON. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content.trim();
  if (!Array.isArray(content)) return '';
  const parts: unknown[] = content;
  const texts = parts.map((part) =>
    isObject(part) && typeof part['text'] === 'string' ? part['text'] : JSON.stringify(part),
  );
  return texts.join('').trim();
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Clients print arguments anew, so their spaces and their order of keys do not count. */
function sameArguments(text: unknown): string {
  if (typeof text !== 'string' || text.trim() === '') return '{}';
  try {
    return JSON.stringify(JSON.parse(text), withSortedKeys);
  } catch {
    return text.trim();
  }
}

/** A message as all its copies have it: no reasoning, no ids, no outer white space. */
function canonical(message: ChatMessage): string {
  const calls = callsOf(message).map(({ function: called }) =>
    isObject(called) ? [called['name'], sameArguments(called['arguments'])] : [],
  );
  // Half a surrogate pair that a model said comes back as U+FFFD.
  return JSON.stringify([message.role, textOf(message.content).toWellFormed(), calls]);
}

/** Where a conversation begins: turns of one model are never found by another. */
export function conversationStart(model: string): string {
  return hashText(model);
}

/** The hash of a conversation, `before` being that of all but its last message. */
export function conversationWith(before: string, message: ChatMessage): string {
  return hashText(before + canonical(message));
}

/** What a turn is known by, `before` being the hash of the conversation up to it. */
export function turnKey(before: string, message: ChatMessage): TurnKey {
  const ids = callsOf(message).map(({ id }) => String(id));
  return {
    calls: ids.length === 0 ? null : hashText(`${before}${JSON.stringify(ids.toSorted())}`),
    turn: conversationWith(before, message),
  };
}
