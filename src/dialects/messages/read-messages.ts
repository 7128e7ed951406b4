import { checkLength, MOST_PARTS } from '../../protocol/bounds.ts';
import type { ChatMessage } from '../../protocol/chat.ts';
import { contentOf } from '../../protocol/content.ts';
import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { decodeCalls } from '../shared/call-ids.ts';
import { callText, nameText } from '../shared/call-text.ts';
import { openEnvelope } from '../shared/envelope.ts';
import type { LeftOut } from '../shared/left-out.ts';
import { pairCalls } from '../shared/pair-calls.ts';
import type { BlockPlace } from './block-place.ts';
import { readDocument } from './read-document.ts';

// Claude Code's first system text names its version and the conversation: it would keep sessions from sharing a prompt
// cache. https://github.com/anthropics/claude-code/issues/68900
const ATTRIBUTION = 'x-anthropic-billing-header:';

function text(value: unknown): JsonObject {
  return { type: 'text', text: typeof value === 'string' ? value : '' };
}

function readImage({ source }: JsonObject, place: string): JsonObject {
  if (isObject(source) && source['type'] === 'base64') {
    const url = `data:${String(source['media_type'])};base64,${String(source['data'])}`;
    return { type: 'image_url', image_url: { url } };
  }
  if (isObject(source) && typeof source['url'] === 'string') {
    return { type: 'image_url', image_url: { url: source['url'] } };
  }
  throw new RouterError(
    'unsupported_value',
    `${place} holds a picture by a file's id, which this router does not keep. Send the picture itself, or its URL.`,
    { param: place },
  );
}

/** A block that is content, as parts of Chat Completions; none for one that is left out. */
function readContent(block: unknown, at: BlockPlace): JsonObject[] {
  if (typeof block === 'string') return [text(block)];
  if (!isObject(block)) return [];
  switch (block['type']) {
    case 'text':
      return [text(block['text'])];
    case 'image':
      return [readImage(block, at.place)];
    case 'document':
      return readDocument(block, at, (content) => readParts(content, at));
    case 'search_result':
      return [text([block['title'], block['source'], contentText(block['content'], at)].filter(Boolean).join('\n'))];
    case 'tool_reference':
      return [text(`[tool ${String(block['tool_name'] ?? '')}]`)];
    case 'compaction':
      return [text(block['content'])];
    default:
      at.leftOut.note(`left out a block of type ${String(block['type'])}`);
      return [];
  }
}

function contentText(content: unknown, at: BlockPlace): string {
  const read = readParts(content, at).map((part) => part['text']);
  return read.filter((each) => typeof each === 'string').join('\n');
}

function readParts(content: unknown, at: BlockPlace): JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [text(content)];
  checkLength(content, MOST_PARTS, at.place);
  return Array.isArray(content) ? content.flatMap((block) => readContent(block, at)) : [];
}

/** Says that a tool failed, in the one place where Chat Completions can say it. */
function markError(parts: readonly JsonObject[]): readonly JsonObject[] {
  const [first, ...rest] = parts;
  const said = typeof first?.['text'] === 'string' ? first['text'] : null;
  if (said === null) return [text('Error: '), ...parts];
  return /^\W*error/i.test(said.slice(0, 40)) ? parts : [text(`Error: ${said}`), ...rest];
}

/** What a tool gave back; in a form that is no content it is told as JSON, since a refusal would end the chat for good. */
function resultParts(content: unknown, at: BlockPlace): JsonObject[] {
  const isContent = typeof content === 'string' || Array.isArray(content) || content === undefined || content === null;
  return isContent ? readParts(content, at) : [text(JSON.stringify(content))];
}

function readResult(block: JsonObject, at: BlockPlace): ChatMessage {
  const parts = resultParts(block['content'], at);
  return {
    role: 'tool',
    tool_call_id: String(block['tool_use_id'] ?? ''),
    content: contentOf(block['is_error'] === true ? markError(parts) : parts),
  };
}

function readCall(block: JsonObject): JsonObject {
  return {
    id: String(block['id'] ?? ''),
    type: 'function',
    function: { name: nameText(block['name']), arguments: callText(block['input']) },
  };
}

/** A turn's reasoning: as text where the client has it, else out of the envelopes it carries; null where it has none. */
function readThinking(blocks: readonly JsonObject[]): string | null {
  const thinking = blocks.filter((block) => block['type'] === 'thinking');
  const shown = thinking.map((block) => block['thinking']).filter((each) => typeof each === 'string' && each !== '');
  if (shown.length > 0) return shown.join('');
  const carried = thinking.map((block) => openEnvelope(block['signature'])?.text ?? null);
  const texts = carried.filter((each) => each !== null);
  return texts.length === 0 ? null : texts.join('');
}

function isOf(...types: string[]) {
  return (block: JsonObject): boolean => types.includes(String(block['type']));
}

const THOUGHTS = isOf('thinking', 'redacted_thinking');
const CALLS = isOf('tool_use');
const RESULTS = isOf('tool_result');

function readAssistant(content: unknown, at: BlockPlace): ChatMessage[] {
  const blocks = Array.isArray(content) ? content.filter(isObject) : [];
  const calls = blocks.filter(CALLS).map(readCall);
  const rest = Array.isArray(content) ? blocks.filter((block) => !(CALLS(block) || THOUGHTS(block))) : content;
  const said = readParts(rest, at);
  const reasoning = readThinking(blocks);
  // A turn that was stopped before it said anything: providers refuse an empty one.
  if (calls.length === 0 && said.every((part) => part['text'] === '')) return [];
  return [
    {
      role: 'assistant',
      content: said.map((part) => part['text']).join(''),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    },
  ];
}

/** Results answer the calls of the turn before, so they stand ahead of what else the user says. */
function readUser(content: unknown, at: BlockPlace): ChatMessage[] {
  const blocks = Array.isArray(content) ? content.filter(isObject) : [];
  const results = blocks.filter(RESULTS).map((block) => readResult(block, { ...at, isQuestion: false }));
  const rest = Array.isArray(content)
    ? content.filter((block: unknown) => !(isObject(block) && RESULTS(block)))
    : content;
  const parts = readParts(rest, at);
  if (parts.length === 0 && results.length > 0) return results;
  return [...results, { role: 'user', content: contentOf(parts) }];
}

/** The system texts as the message that leads; none where they say nothing. */
export function readSystem(system: unknown, leftOut: LeftOut): ChatMessage[] {
  if (system !== undefined && system !== null) checkContent(system, 'system', 'system');
  const parts = readParts(system, { leftOut, place: 'system', isQuestion: false });
  const own = String(parts[0]?.['text'] ?? '').startsWith(ATTRIBUTION) ? parts.slice(1) : parts;
  if (own.length < parts.length) leftOut.note('left out the attribution line');
  const content = contentOf(own.filter((part) => part['text'] !== ''));
  return content === '' ? [] : [{ role: 'system', content }];
}

/** Throws RouterError for what is no content: an answer to an empty question would be paid for. A turn may have said nothing. */
function checkContent(content: unknown, role: unknown, param: string): void {
  checkLength(content, MOST_PARTS, param);
  if (typeof content === 'string' || Array.isArray(content)) return;
  if (role === 'assistant' && (content === undefined || content === null)) return;
  throw new RouterError('invalid_value', `'${param}' must be a text or a list of blocks.`, { param });
}

/** Anthropic's messages in Chat Completions. What is text alone is one string, however the client has cut it. */
export function readMessages(messages: readonly unknown[], leftOut: LeftOut): ChatMessage[] {
  const last = messages.length - 1;
  const read = messages.flatMap((message, position) => {
    const place = `messages.${position}`;
    if (!isObject(message)) {
      throw new RouterError('invalid_value', `'${place}' must be an object with 'role' and 'content'.`, {
        param: place,
      });
    }
    const { role, content } = message;
    const at = { leftOut, place, isQuestion: position === last };
    checkContent(content, role, `${place}.content`);
    switch (role) {
      case 'assistant':
        return readAssistant(content, at);
      case 'system':
        return [{ role: 'system', content: contentOf(readParts(content, at)) }];
      case 'user':
        return readUser(content, at);
      default:
        throw new RouterError('invalid_value', `'${place}.role' must be user, assistant or system.`, {
          param: `${place}.role`,
        });
    }
  });
  return decodeCalls(pairCalls(read));
}
