import type { ChatMessage } from '../../protocol/chat.ts';
import { contentOf } from '../../protocol/content.ts';
import { isObject, type JsonObject, mapList, without } from '../../protocol/json.ts';
import { argumentsText } from '../shared/call-text.ts';
import { readPart } from '../shared/parts.ts';

const BLOCKS: ReadonlySet<unknown> = new Set(['tool_use', 'tool_result', 'thinking', 'redacted_thinking']);

function isBlock(part: unknown): part is JsonObject {
  return isObject(part) && typeof part['type'] === 'string' && BLOCKS.has(part['type']);
}

function partsOf(content: unknown): readonly unknown[] {
  if (Array.isArray(content)) return mapList(content, readPart);
  return typeof content === 'string' ? [{ type: 'text', text: content }] : [];
}

/** A system text or its blocks, as the message that leads; none for an empty one. */
export function readSystem(system: unknown): ChatMessage[] {
  const content = contentOf(partsOf(system));
  return content === '' ? [] : [{ role: 'system', content }];
}

function readCall(block: JsonObject): JsonObject {
  return {
    id: block['id'],
    type: 'function',
    function: { name: block['name'], arguments: argumentsText(block['input'] ?? {}) },
  };
}

function readResult(block: JsonObject): ChatMessage {
  return { role: 'tool', tool_call_id: block['tool_use_id'], content: contentOf(partsOf(block['content'])) };
}

function readAssistant(message: JsonObject, blocks: JsonObject[], rest: unknown[]): ChatMessage {
  const calls = blocks.filter((block) => block['type'] === 'tool_use').map(readCall);
  const thoughts = blocks.map((block) => block['thinking']).filter((thought) => typeof thought === 'string');
  const known: unknown[] = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
  return {
    ...message,
    role: 'assistant',
    content: contentOf(rest),
    ...(calls.length === 0 ? {} : { tool_calls: [...known, ...calls] }),
    ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join('') }),
  };
}

/** Results answer the calls of the turn before, so they stand ahead of what else the user says. */
function readUser(message: JsonObject, blocks: JsonObject[], rest: unknown[]): ChatMessage[] {
  const results = blocks.filter((block) => block['type'] === 'tool_result').map(readResult);
  return rest.length === 0 ? results : [...results, { ...message, role: 'user', content: contentOf(rest) }];
}

function readMessage(message: unknown): unknown[] {
  if (!isObject(message)) return [message];
  const plain = without(message, 'cache_control');
  const own = plain['role'] === 'developer' ? { ...plain, role: 'system' } : plain;
  const { content } = own;
  if (!Array.isArray(content)) return [own];
  const parts: unknown[] = content;
  if (!parts.some(isBlock)) {
    const read = mapList(parts, readPart);
    return [read === parts ? own : { ...own, content: read }];
  }
  const blocks = parts.filter(isBlock);
  const rest = parts.filter((part) => !isBlock(part)).map(readPart);
  return own['role'] === 'assistant' ? [readAssistant(own, blocks, rest)] : readUser(own, blocks, rest);
}

/** Messages whose contents may hold Anthropic's blocks → Chat Completions. Messages of any other kind stay as they are. */
export function readBlocks(messages: readonly unknown[]): unknown[] {
  return messages.flatMap(readMessage);
}
