import type { ChatMessage } from '../../protocol/chat.ts';
import { contentOf } from '../../protocol/content.ts';
import { isObject } from '../../protocol/json.ts';
import { textOf } from '../../protocol/text.ts';
import { takeBlock } from './block.ts';

/** Messages a provider accepts, and by position the reasoning that stood as a block before their text. */
export interface Tidied {
  messages: ChatMessage[];
  shown: (string | null)[];
}

function isEmptyText(part: unknown): boolean {
  return isObject(part) && part['type'] === 'text' && (part['text'] === '' || part['text'] === null);
}

/**
 * Empty text parts are refused by Moonshot ("text content is empty": BerriAI/litellm issue 42186), and lists of nothing
 * but text by DeepSeek in answers and results ("invalid type: sequence, expected a string": Gitlawb/openclaude PR 806).
 */
function tidyContent(content: unknown): unknown {
  if (Array.isArray(content)) {
    const parts: unknown[] = content;
    return contentOf(parts.some(isEmptyText) ? parts.filter((part) => !isEmptyText(part)) : parts);
  }
  // Anything else where a text is due: what it says, or else its JSON.
  return textOf(content) ?? (isObject(content) ? JSON.stringify(content) : content);
}

function takeFromContent(content: unknown): { content: unknown; reasoning: string | null } {
  if (typeof content === 'string') {
    const { text, reasoning } = takeBlock(content);
    return { content: text, reasoning };
  }
  if (!Array.isArray(content)) return { content, reasoning: null };
  const parts: unknown[] = content;
  const [first] = parts;
  if (!isObject(first) || typeof first['text'] !== 'string') return { content, reasoning: null };
  const { text, reasoning } = takeBlock(first['text']);
  return { content: reasoning === null ? content : [{ ...first, text }, ...parts.slice(1)], reasoning };
}

function hasCalls(message: ChatMessage): boolean {
  return Array.isArray(message.tool_calls) && message.tool_calls.length > 0;
}

function withContent(message: ChatMessage, content: unknown): ChatMessage {
  return content === message.content ? message : { ...message, content };
}

function tidyAssistant(message: ChatMessage): { message: ChatMessage; shown: string | null } {
  const { content, reasoning } = takeFromContent(message.content);
  const tidied = withContent(message, tidyContent(content) ?? '');
  if (hasCalls(message) || !('tool_calls' in tidied)) return { message: tidied, shown: reasoning };
  const { tool_calls: _none, ...rest } = tidied;
  return { message: rest, shown: reasoning };
}

/**
 * A turn that was stopped while it thought, or before: providers refuse one without text and calls, whatever it thought
 * ("must not be empty", "all messages must have non-empty content": anomalyco/opencode PR 38778).
 */
function saysNothing(message: ChatMessage): boolean {
  return message.content === '' && !hasCalls(message);
}

/**
 * Cleans up what Cursor leaves in its history, and takes leading think blocks out of assistant turns.
 * Each message is looked at by itself, so that a turn is sent with the same bytes every time.
 */
export function tidyMessages(messages: readonly ChatMessage[]): Tidied {
  const tidied: Tidied = { messages: [], shown: [] };
  for (const message of messages) {
    if (message.role !== 'assistant') {
      const content = tidyContent(message.content);
      // DeepSeek reads a result as a text: "invalid type: null, expected a string".
      tidied.messages.push(withContent(message, message.role === 'tool' ? (content ?? '') : content));
      tidied.shown.push(null);
      continue;
    }
    const { message: turn, shown } = tidyAssistant(message);
    if (saysNothing(turn)) continue;
    tidied.messages.push(turn);
    tidied.shown.push(shown);
  }
  return tidied;
}
