import type { ChatRequest } from '../../protocol/chat.ts';

// Names that Cursor puts into its check by itself, whatever models the person has set up.
const OTHER_PROVIDERS = /^(?:gpt-|chatgpt-|claude-|gemini-|o\d)/i;
const MOST_MESSAGES = 2;
const MESSAGE_LIMIT = 200;

function isShort(content: unknown): boolean {
  if (content === null || content === undefined) return true;
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return text.length < MESSAGE_LIMIT;
}

/**
 * Cursor's Verify button sends a name of its own choosing (cursor/cursor issues 654 and 1640), so refusing
 * unknown models would make every key look broken. Such a check is answered here; null for all other requests.
 */
export function answerKeyCheck(request: ChatRequest): string | null {
  if (request.model.includes('/') || !OTHER_PROVIDERS.test(request.model)) return null;
  const hasTools = [request['tools'], request['functions']].some((tools) => Array.isArray(tools) && tools.length > 0);
  if (hasTools || request.messages.length > MOST_MESSAGES) return null;
  if (!request.messages.every((message) => isShort(message.content))) return null;
  return 'Hi! Your key works. Now choose one of the models that this router serves.';
}
