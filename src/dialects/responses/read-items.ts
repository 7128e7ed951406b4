import type { ChatMessage } from '../../protocol/chat.ts';
import { contentOf } from '../../protocol/content.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { namespacedName } from '../shared/namespaced-name.ts';
import { readPart } from '../shared/parts.ts';
import { readTool } from '../shared/tools.ts';
import { readThoughts } from './read-thoughts.ts';

function contentOfItem(content: unknown): unknown {
  return Array.isArray(content) ? contentOf(content.map(readPart)) : (content ?? '');
}

function readCall(item: JsonObject): JsonObject {
  const { type, call_id: id, input, namespace, arguments: text } = item;
  const name = typeof namespace === 'string' ? namespacedName(namespace, String(item['name'] ?? '')) : item['name'];
  if (type === 'custom_tool_call') return { id, type: 'custom', custom: { name, input } };
  return { id, type: 'function', function: { name, arguments: text } };
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

const ADDED_TOOLS = 'additional_tools';

/** Tools that stand between the items of an input: newer names of GPT get all of theirs so from Codex and Cursor. */
export function toolsAmongItems(input: unknown): unknown[] {
  const items: unknown[] = Array.isArray(input) ? input : [];
  return items.flatMap((item) =>
    isObject(item) && item['type'] === ADDED_TOOLS && Array.isArray(item['tools'])
      ? item['tools'].flatMap(readTool)
      : [],
  );
}

function readOther(item: JsonObject): ChatMessage[] {
  const { type, role, call_id: id, output } = item;
  if (type === 'function_call_output' || type === 'custom_tool_call_output') {
    return [{ role: 'tool', tool_call_id: id, content: contentOfItem(output) }];
  }
  // Codex gives its agents their tasks so, and each other's answers.
  if (type === 'agent_message') return [{ role: 'user', content: contentOfItem(item['content']) }];
  // Tools that came in the course of the chat say who sends them: they are no message.
  if (typeof role !== 'string' || type === ADDED_TOOLS) return [];
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
