import { type ChatMessage, callsOf } from '../../protocol/chat.ts';
import { isObject } from '../../protocol/json.ts';
import { type Allowance, FULL_ALLOWANCE, spend } from '../../protocol/json-text.ts';
import type { TurnKey } from '../pipeline.ts';
import { hashText } from './hash.ts';

/** A conversation up to some message. What follows is judged by it alone, so that every later request judges the same. */
export interface Prefix {
  readonly hash: string;
  /** How much of its arguments is still compared by what it says, and not by how it is written. */
  readonly allowance: Allowance;
}

/** A content with more parts that are no text is printed as a whole. */
const MOST_OTHER_PARTS = 256;
/** Longer texts are not printed, but hashed. */
const LONGEST_PRINTED = 65_536;
/** No provider's id is as long. */
const LONGEST_ID = 256;

function isText(part: unknown): part is { text: string } {
  return isObject(part) && typeof part['text'] === 'string';
}

/** Text of a content; parts that are not text count as their JSON. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content.trim();
  if (!Array.isArray(content)) return '';
  const parts: unknown[] = content;
  let text = '';
  let others = 0;
  for (const part of parts) {
    if (isText(part)) {
      text += part.text;
      continue;
    }
    others += 1;
    if (others > MOST_OTHER_PARTS) return JSON.stringify(parts);
    text += JSON.stringify(part);
  }
  return text.trim();
}

function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, withSortedKeys(value[name])]));
}

/** Clients print arguments anew, so their spaces and their order of keys do not count. */
function sameArguments(text: unknown, allowance: Allowance): { text: string; left: Allowance } {
  if (typeof text !== 'string' || text.trim() === '') return { text: '{}', left: allowance };
  const left = spend(allowance, text);
  if (left === null) return { text: text.trim(), left: allowance };
  try {
    return { text: JSON.stringify(withSortedKeys(JSON.parse(text))), left };
  } catch {
    return { text: text.trim(), left };
  }
}

/** A long text by its hash: to print it only to hash it costs as much as to parse it did. */
function brief(text: string): string {
  return text.length > LONGEST_PRINTED ? hashText(text) : text;
}

/** A message as all its copies have it: no reasoning, no ids, no outer white space. */
function canonical(message: ChatMessage, allowance: Allowance): { text: string; left: Allowance } {
  let left = allowance;
  const calls = callsOf(message).map(({ function: called }) => {
    if (!isObject(called)) return [];
    const same = sameArguments(called['arguments'], left);
    ({ left } = same);
    return [called['name'], brief(same.text)];
  });
  // Half a surrogate pair that a model said comes back as U+FFFD.
  return { text: JSON.stringify([message.role, brief(textOf(message.content).toWellFormed()), calls]), left };
}

/** Where a conversation begins: turns of one model are never found by another. */
export function conversationStart(model: string): Prefix {
  return { hash: hashText(model), allowance: FULL_ALLOWANCE };
}

/** A conversation with one message more. */
export function conversationWith({ hash, allowance }: Prefix, message: ChatMessage): Prefix {
  const { left, text } = canonical(message, allowance);
  return { hash: hashText(hash + text), allowance: left };
}

function idText(id: unknown): string {
  const text = String(id);
  return text.length > LONGEST_ID ? hashText(text) : text;
}

/** What a turn is known by, `before` being the conversation up to it, and the conversation with it. */
export function turnKey(before: Prefix, message: ChatMessage): { key: TurnKey; conversation: Prefix } {
  const ids = callsOf(message).map(({ id }) => idText(id));
  const conversation = conversationWith(before, message);
  const calls = ids.length === 0 ? null : hashText(`${before.hash}${JSON.stringify(ids.sort())}`);
  return { key: { calls, turn: conversation.hash }, conversation };
}
