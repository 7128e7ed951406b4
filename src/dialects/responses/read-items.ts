import type { ChatMessage } from '../../protocol/chat.ts';
import { contentOf } from '../../protocol/content.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { readPart } from '../shared/parts.ts';

function contentOfItem(content: unknown): unknown {
  return Array.isArray(content) ? contentOf(content.map(readPart)) : (content ?? '');
}

function readCall({ type, call_id: id, name, input, arguments: text }: JsonObject): JsonObject {
  if (type === 'custom_tool_call') return { id, type: 'custom', custom: { name, input } };
  return { id, type: 'function', function: { name, arguments: text } };
}

/** Reasoning that is there in words; what is encrypted only its own provider can read. */
function readThoughts({ content }: JsonObject): string | null {
  if (!Array.isArray(content)) return null;
  const texts = content.map((part: unknown) => (isObject(part) ? part['text'] : null));
  const thoughts = texts.filter((text) => typeof text === 'string');
  return thoughts.length === 0 ? null : thoughts.join('');
}

/** A turn may think more than once. */
function addThoughts(thoughts: string | null, more: string | null): string | null {
  return thoughts === null || more === null ? (more ?? thoughts) : thoughts + more;
}

/** One turn of the assistant, which this dialect spreads over several items. */
interface Turn {
  thoughts: string | null;
  contents: unknown[];
  calls: JsonObject[];
}

function messageOf({ thoughts, contents, calls }: Turn): ChatMessage {
  const [only] = contents;
  const content =
    contents.length === 1
      ? only
      : contentOf(contents.flatMap((part) => (Array.isArray(part) ? part : [{ type: 'text', text: part }])));
  return {
    role: 'assistant',
    content,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(thoughts === null ? {} : { reasoning_content: thoughts }),
  };
}

function readOther(item: JsonObject): ChatMessage[] {
  const { type, role, call_id: id, output } = item;
  if (type === 'function_call_output' || type === 'custom_tool_call_output') {
    return [{ role: 'tool', tool_call_id: id, content: contentOfItem(output) }];
  }
  if (typeof role !== 'string') return [];
  return [{ role: role === 'developer' ? 'system' : role, content: contentOfItem(item['content']) }];
}

/** True when the item is part of the assistant's turn, which then holds it too. */
function joinTurn(turn: Turn, item: JsonObject): boolean {
  switch (item['type']) {
    case 'reasoning':
      turn.thoughts = addThoughts(turn.thoughts, readThoughts(item));
      return true;
    case 'function_call':
    case 'custom_tool_call':
      turn.calls.push(readCall(item));
      return true;
    default:
      if (item['role'] !== 'assistant') return false;
      turn.contents.push(contentOfItem(item['content']));
      return true;
  }
}

function hasSaid({ thoughts, contents, calls }: Turn): boolean {
  return thoughts !== null || contents.length > 0 || calls.length > 0;
}

/**
 * The `input` of a Responses-shaped request → messages. Items that follow each other and are all the assistant's
 * become one message; items that only OpenAI can resolve (references, its hosted tools) are left out.
 */
export function readItems(input: unknown): ChatMessage[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  const items: unknown[] = Array.isArray(input) ? input : [];
  const messages: ChatMessage[] = [];
  let turn: Turn = { thoughts: null, contents: [], calls: [] };
  for (const item of items) {
    if (!isObject(item) || joinTurn(turn, item)) continue;
    const others = readOther(item);
    if (others.length === 0) continue;
    if (hasSaid(turn)) messages.push(messageOf(turn));
    turn = { thoughts: null, contents: [], calls: [] };
    messages.push(...others);
  }
  if (hasSaid(turn)) messages.push(messageOf(turn));
  return messages;
}
