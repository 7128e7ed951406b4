import type { ChatRequest } from '../../protocol/chat.ts';
import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { checkRequest } from '../chat/read-request.ts';
import { type LeftOut, noteLeftOut } from '../shared/left-out.ts';
import type { ThinkingDisplay } from './message.ts';
import { readMessages, readSystem } from './read-messages.ts';
import { readTools } from './read-tools.ts';

/** A Messages request in Chat Completions. */
export interface MessagesRequest {
  request: ChatRequest;
  display: ThinkingDisplay;
  /** `max_tokens: 0` only warms a cache. */
  wantsNothing: boolean;
  changes: readonly string[];
}

// Read below, or meant for Anthropic alone: who asks, where it runs, what it keeps. Nothing of it reaches a provider.
const KNOWN: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'system', 'max_tokens', 'stream', 'tools', 'tool_choice', 'thinking', 'output_config'],
  ...['output_format', 'stop_sequences', 'temperature', 'top_p', 'metadata', 'models', 'safeguards', 'cache_control'],
]);

/** Anthropic's SDK goes on without threads on this very answer. */
function refuseThreads({ thread }: JsonObject): void {
  if (thread === undefined || thread === null) return;
  throw new RouterError('unsupported_value', 'This router keeps no threads. Send the whole conversation.', {
    param: 'thread',
    data: { error_code: 'thread_unsupported_request', unsupported: ['thread'] },
  });
}

const ON: ReadonlySet<unknown> = new Set(['enabled', 'adaptive', 'between_tools']);

/** Thinking that nobody asked for is switched off where the model can: callers read the first block as the answer. */
function readThinking(thinking: unknown): { members: JsonObject; display: ThinkingDisplay } {
  const asked = isObject(thinking) ? thinking : {};
  if (ON.has(asked['type'])) {
    const display = asked['display'] === 'omitted' ? 'omitted' : 'shown';
    return { members: { thinking: { type: 'enabled' } }, display };
  }
  return { members: { thinking: { type: 'disabled' } }, display: asked['type'] === 'disabled' ? 'hidden' : 'shown' };
}

function readFormat({ output_config: config, output_format: old }: JsonObject): JsonObject {
  const format = isObject(config) && isObject(config['format']) ? config['format'] : old;
  if (!isObject(format) || format['type'] !== 'json_schema') return {};
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format['schema'] } } };
}

function readEffort({ output_config: config }: JsonObject): JsonObject {
  return isObject(config) && typeof config['effort'] === 'string' ? { reasoning_effort: config['effort'] } : {};
}

/** Members that have the same meaning in Chat Completions, under the names they have there. */
function readSettings(body: JsonObject): JsonObject {
  const { max_tokens, stop_sequences, stream, temperature, top_p, models } = body;
  const given = {
    stream: stream === false ? null : stream,
    max_tokens,
    stop: stop_sequences,
    temperature,
    top_p,
    models,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
}

/** `[1m]` behind a name asks Anthropic for its longest context. */
function readModel(model: unknown): unknown {
  return typeof model === 'string' ? model.replace(/\[1m\]$/, '') : model;
}

function readConversation({ messages, system }: JsonObject, leftOut: LeftOut): unknown {
  return Array.isArray(messages) && messages.length > 0
    ? [...readSystem(system, leftOut), ...readMessages(messages, leftOut)]
    : messages;
}

/** Reads a request of Anthropic's Messages. Throws RouterError with `param` for what cannot be served. */
export function readMessagesRequest(body: JsonObject): MessagesRequest {
  refuseThreads(body);
  const leftOut = noteLeftOut();
  for (const name of Object.keys(body)) if (!KNOWN.has(name)) leftOut.note(`left out ${name.slice(0, 64)}`);
  const { display, members: thinking } = readThinking(body['thinking']);
  const wantsNothing = body['max_tokens'] === 0;
  const { max_tokens, ...settings } = readSettings(body);
  const request = checkRequest({
    model: readModel(body['model']),
    messages: readConversation(body, leftOut),
    ...(wantsNothing || max_tokens === undefined ? {} : { max_tokens }),
    ...settings,
    ...thinking,
    ...(display === 'hidden' || !('thinking' in body) ? {} : readEffort(body)),
    ...readFormat(body),
    ...readTools(body, leftOut),
  });
  return { request, display, wantsNothing, changes: leftOut.notes() };
}
