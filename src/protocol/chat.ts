import * as z from 'zod/mini';
import { isObject, type JsonObject } from './json.ts';

/** One message of a conversation. Only what the router reads is named; all else passes through. */
export interface ChatMessage extends JsonObject {
  role: string;
  content?: unknown;
  reasoning_content?: unknown;
  tool_calls?: unknown;
  tool_call_id?: unknown;
}

/** A Chat Completions request. Loose on purpose: unknown members pass through in their order. */
export interface ChatRequest extends JsonObject {
  model: string;
  /** What is asked for where `model` cannot serve, in order. This router's own member. */
  models?: readonly string[] | null;
  messages: ChatMessage[];
  stream?: boolean | null;
  stream_options?: (JsonObject & { include_usage?: boolean | null }) | null;
}

/** A piece of a tool call; pieces with one `index` are one call. */
export interface ToolCallDelta extends JsonObject {
  index: number;
  id?: string;
  type?: string;
  function?: JsonObject & { name?: string; arguments?: string };
}

/** What a chunk adds to a choice. */
export interface Delta extends JsonObject {
  role?: string;
  content?: string | null;
  reasoning_content?: string | null;
  tool_calls?: ToolCallDelta[] | null;
}

/** One choice's part of a chunk. */
export interface ChunkChoice extends JsonObject {
  index: number;
  delta: Delta;
  finish_reason?: string | null;
}

/** One chunk of a streamed answer, as every step after the provider normaliser sees it. */
export interface ChatChunk extends JsonObject {
  choices: ChunkChoice[];
  usage?: JsonObject | null;
}

/** One choice of a whole answer. */
export interface CompletionChoice extends JsonObject {
  index: number;
  message: ChatMessage;
  finish_reason?: string | null;
}

/** A whole answer, as every step after the provider normaliser sees it. */
export interface ChatCompletion extends JsonObject {
  choices: CompletionChoice[];
  usage?: JsonObject | null;
}

/** What the router reads of a request beside its messages, and no more. Not loose: that would copy members nobody looks at. */
export const settingsSchema = z.object({
  model: z.string().check(z.minLength(1)),
  stream: z.nullish(z.boolean()),
  stream_options: z.nullish(z.object({ include_usage: z.nullish(z.boolean()) })),
  max_tokens: z.nullish(z.int().check(z.positive())),
  max_completion_tokens: z.nullish(z.int().check(z.positive())),
  max_output_tokens: z.nullish(z.int().check(z.positive())),
});

/** What a request asks for by name, in order, each once. */
export function namesOf({ model, models }: Pick<ChatRequest, 'model' | 'models'>): string[] {
  return [...new Set([model, ...(models ?? [])])];
}

/** The tool calls of a message, as far as they are objects. */
export function callsOf(message: ChatMessage): JsonObject[] {
  const calls: unknown = message.tool_calls;
  return Array.isArray(calls) ? calls.filter(isObject) : [];
}
