import type { ChatMessage } from '../protocol/chat.ts';
import { contentOf } from '../protocol/content.ts';
import { mediaOf } from '../protocol/media.ts';
import type { RequestDraft } from './request-draft.ts';

/*
 * What stands in a tool's result is one text for our providers, whatever a client cuts it into: "invalid type: sequence,
 * expected a string" (DeepSeek: Gitlawb/openclaude issue 774; Kimi: balcsida/pi-provider-litellm PR 113, 2026-07).
 */

const BELOW = { type: 'text', text: '[see below]' };

function partsOf({ content }: ChatMessage): unknown[] {
  return Array.isArray(content) ? content : [];
}

function isMedia(part: unknown): boolean {
  return mediaOf(part) !== null;
}

/** A result as one text, and the pictures that stood in it. */
function splitResult(message: ChatMessage): { result: ChatMessage; pictures: unknown[] } {
  const pictures = partsOf(message).filter(isMedia);
  const texts = partsOf(message).map((part) => (isMedia(part) ? BELOW : part));
  return { result: { ...message, content: contentOf(texts) }, pictures };
}

function joinText(message: ChatMessage): ChatMessage {
  const content = contentOf(partsOf(message));
  return typeof content === 'string' ? { ...message, content } : message;
}

/**
 * Makes one text of each tool's result and of what the assistant has said. Pictures in results that the model reads move
 * into a message of the user behind the last result of that turn, the same one in every later turn.
 */
export function plainContents(draft: RequestDraft): void {
  const { messages } = draft.request;
  const isCut = ({ content, role }: ChatMessage) =>
    (role === 'tool' || role === 'assistant') && Array.isArray(content) && content.length > 0;
  if (!messages.some(isCut)) return;
  const plain: ChatMessage[] = [];
  let pictures: unknown[] = [];
  const showPictures = () => {
    if (pictures.length > 0) plain.push({ role: 'user', content: pictures });
    pictures = [];
  };
  for (const message of messages) {
    if (message.role !== 'tool') showPictures();
    if (!isCut(message)) plain.push(message);
    else if (message.role === 'assistant') plain.push(joinText(message));
    else {
      const split = splitResult(message);
      plain.push(split.result);
      pictures.push(...split.pictures);
    }
  }
  showPictures();
  draft.set('messages', plain, 'results and answers are one text, with pictures below');
}
