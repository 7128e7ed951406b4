import type { ChatRequest } from './chat.ts';
import { isObject } from './json.ts';

/*
 * Estimates hold money and stand in where a provider gave no numbers; they are marked as such and never silently billed as true.
 * A token is taken for four bytes of UTF-8: near enough for English and code, and about one token a Chinese character.
 */
const BYTES_PER_TOKEN = 4;

// What an image costs differs by provider and size; this is of the right order for a screen-sized one.
const TOKENS_PER_IMAGE = 1_000;

/** Bytes of a text in UTF-8, roughly. */
export function textBytes(text: string): number {
  // Characters beyond ASCII take three bytes in nearly all cases that matter here. Counting each is not worth a pass.
  let sampleWide = 0;
  const sample = Math.min(text.length, 256);
  for (let index = 0; index < sample; index += 1) if (text.charCodeAt(index) > 127) sampleWide += 1;
  return sample === 0 ? 0 : Math.round(text.length * (1 + (2 * sampleWide) / sample));
}

/** Tokens of a text, roughly, at least one for any text. */
function estimateTextTokens(text: string): number {
  return estimateByteTokens(textBytes(text));
}

/** Tokens of a text of so many bytes that was not kept. */
export function estimateByteTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

function contentTokens(content: unknown): number {
  if (typeof content === 'string') return estimateTextTokens(content);
  if (!Array.isArray(content)) return 0;
  let tokens = 0;
  for (const part of content) {
    if (!isObject(part)) continue;
    if (typeof part['text'] === 'string') tokens += estimateTextTokens(part['text']);
    else if (typeof part['content'] === 'string') tokens += estimateTextTokens(part['content']);
    else tokens += TOKENS_PER_IMAGE;
  }
  return tokens;
}

/** Tokens of a request's messages and tools, roughly. */
export function estimateInputTokens(request: ChatRequest): number {
  let tokens = 3;
  for (const message of request.messages) {
    tokens += 4 + contentTokens(message.content);
    if (typeof message.reasoning_content === 'string') tokens += estimateTextTokens(message.reasoning_content);
    if (Array.isArray(message.tool_calls)) tokens += estimateTextTokens(JSON.stringify(message.tool_calls));
  }
  if (Array.isArray(request['tools'])) tokens += estimateTextTokens(JSON.stringify(request['tools']));
  return tokens;
}
