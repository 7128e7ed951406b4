import type { ChatMessage, ChatRequest } from './chat.ts';
import { isObject, type JsonObject } from './json.ts';
import type { JsonDocument } from './json-document.ts';
import { holdsFile, mediaOf, mediaTokens } from './media.ts';
import { textBytes } from './text-bytes.ts';

/*
 * Estimates hold money and stand in where a provider gave no numbers; they are marked as such and never silently billed as true.
 * A token is taken for four bytes of UTF-8: near enough for English and code, and about one token a Chinese character.
 * Every text counts wherever it stands, objects as JSON writes them, and all of it is looked at for its script.
 */
const BYTES_PER_TOKEN = 4;

/** What a message costs beside its texts: its role, and where it begins and ends. */
const MESSAGE_TOKENS = 4;

/** A word such as a role, a type or a setting is no text; what is longer counts as one. */
const LONGEST_WORD = 32;

/** Tokens of a text of so many bytes that was not kept. */
export function estimateByteTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/** Tokens of a text, roughly, at least one for any text. */
function textTokens(text: string): number {
  return estimateByteTokens(textBytes(text));
}

/** Bytes of a number as JSON writes it; roughly where it has a fraction, since printing it costs more than reading it did. */
function numberBytes(number: number): number {
  if (!Number.isInteger(number)) return 12;
  return number === 0 ? 1 : Math.floor(Math.log10(Math.abs(number))) + (number < 0 ? 2 : 1);
}

/** Bytes of a value as JSON writes it, escapes apart. */
function jsonBytes(value: unknown): number {
  if (typeof value === 'string') return textBytes(value) + 2;
  if (typeof value === 'number') return numberBytes(value);
  let bytes = 1;
  if (Array.isArray(value)) for (const element of value) bytes += jsonBytes(element) + 1;
  else if (isObject(value)) for (const name in value) bytes += textBytes(name) + 4 + jsonBytes(value[name]);
  else return 4;
  return Math.max(2, bytes);
}

/** What a media part holds: text as in any object, and the file in base64. Bytes of both; null where the file is elsewhere. */
interface Weight {
  text: number;
  file: number | null;
}

function weighMedia(part: JsonObject, weight: Weight): void {
  for (const name in part) {
    const value = part[name];
    weight.text += textBytes(name) + 4;
    if (isObject(value)) weighMedia(value, weight);
    else if (typeof value === 'string' && holdsFile(name, value)) weight.file = (weight.file ?? 0) + value.length;
    else weight.text += jsonBytes(value);
  }
}

function partTokens(part: unknown): number {
  if (typeof part === 'string') return textTokens(part);
  if (!isObject(part)) return estimateByteTokens(jsonBytes(part));
  const media = mediaOf(part);
  if (media !== null) {
    const weight: Weight = { text: 0, file: null };
    weighMedia(part, weight);
    return estimateByteTokens(weight.text) + mediaTokens(media, weight.file);
  }
  let tokens = 0;
  for (const name in part) tokens += memberTokens(name, part[name]);
  return tokens;
}

function contentTokens(content: unknown): number {
  if (!Array.isArray(content)) return typeof content === 'string' ? textTokens(content) : objectTokens(content);
  let tokens = 0;
  for (const part of content) tokens += partTokens(part);
  return tokens;
}

function objectTokens(value: unknown): number {
  return value == null ? 0 : estimateByteTokens(jsonBytes(value));
}

/** Tokens of a member of a message, or of a part of one. */
function memberTokens(name: string, value: unknown): number {
  if (name === 'content') return contentTokens(value);
  if (typeof value !== 'string') return objectTokens(value);
  return (name === 'role' || name === 'type') && value.length <= LONGEST_WORD ? 0 : textTokens(value);
}

function messageTokens(message: ChatMessage): number {
  let tokens = MESSAGE_TOKENS;
  for (const name in message) tokens += memberTokens(name, message[name]);
  return tokens;
}

/** Members at the top that no provider puts before its model. */
const SETTINGS: ReadonlySet<string> = new Set([
  ...['model', 'stream_options', 'thinking', 'user', 'user_id', 'prompt_cache_key', 'prompt_cache_options'],
]);
/** Members at the top that are walked through. Of others it is enough to know how much they are. */
const PROMPT: ReadonlySet<string> = new Set(['tools', 'functions', 'response_format']);

/** Bytes of a member at the top. Where it stands in the document as it came, nobody walks through it. */
function memberBytes(name: string, value: unknown, document: JsonDocument): number {
  const span = PROMPT.has(name) || document.value[name] !== value ? undefined : document.members?.get(name);
  return span === undefined ? jsonBytes(value) : span.end - span.start;
}

/** Tokens of a request's messages, tools and all else that it says, roughly. `document` is what it was made from. */
export function estimateInputTokens(request: ChatRequest, document: JsonDocument): number {
  let tokens = 3;
  for (const message of request.messages) tokens += messageTokens(message);
  for (const name in request) {
    const value = request[name];
    if (name === 'messages' || SETTINGS.has(name) || value == null) continue;
    const isWord = typeof value === 'string' ? value.length <= LONGEST_WORD : typeof value !== 'object';
    if (!isWord) tokens += estimateByteTokens(memberBytes(name, value, document));
  }
  return tokens;
}
