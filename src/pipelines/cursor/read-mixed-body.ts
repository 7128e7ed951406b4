import { checkLists } from '../../dialects/chat/read-request.ts';
import { readBlocks, readSystem } from '../../dialects/messages/read-blocks.ts';
import { readItems, toolsAmongItems } from '../../dialects/responses/read-items.ts';
import { readTool, readToolChoice } from '../../dialects/shared/tools.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { readLegacyCalls } from './legacy-calls.ts';

// What only OpenAI's Responses or Anthropic's Messages know. Our providers refuse some of these and ignore the rest.
const FOREIGN_KEYS: ReadonlySet<string> = new Set([
  'input',
  'instructions',
  'system',
  'functions',
  'function_call',
  'include',
  'store',
  'previous_response_id',
  'prompt',
  'truncation',
  'text',
  'reasoning',
  'background',
  'conversation',
  'max_tool_calls',
  'max_output_tokens',
  'prompt_cache_key',
  'prompt_cache_retention',
  'stop_sequences',
  'cache_control',
  'betas',
  'anthropic_version',
  'anthropic_beta',
  'context_management',
  'output_config',
  'container',
  'mcp_servers',
  // Who asks, and from where.
  'metadata',
  'client_metadata',
  'safeguards',
  'safety_identifier',
]);

// What every dialect has, each in its own form: read, and put back in its place.
const READ_KEYS: ReadonlySet<string> = new Set(['tools', 'tool_choice', 'parallel_tool_calls', 'thinking']);

function readMessages(body: JsonObject): unknown[] | null {
  if (Array.isArray(body['messages'])) {
    const messages = readLegacyCalls(readBlocks(body['messages']));
    return [...readSystem(body['system']), ...messages];
  }
  if (typeof body['input'] !== 'string' && !Array.isArray(body['input'])) return null;
  return [...readSystem(body['instructions']), ...readItems(body['input'])];
}

function toolsOf({ functions, input, tools }: JsonObject): unknown[] {
  const added = toolsAmongItems(input);
  if (Array.isArray(tools) || added.length > 0)
    return [...(Array.isArray(tools) ? tools.flatMap(readTool) : []), ...added];
  return Array.isArray(functions) ? functions.map((called: unknown) => ({ type: 'function', function: called })) : [];
}

/** Where there is no tool, nothing is said of tools: DeepSeek refuses an empty list (lobehub/lobehub PR 9805). */
function readTools(body: JsonObject): JsonObject {
  const tools = toolsOf(body);
  if (tools.length === 0) return {};
  const read: JsonObject = { tools };
  const choice = body['tool_choice'] ?? body['function_call'];
  if (choice !== undefined && choice !== null) read['tool_choice'] = readToolChoice(choice);
  if ('parallel_tool_calls' in body) read['parallel_tool_calls'] = body['parallel_tool_calls'];
  return read;
}

/** Settings of other dialects, under the names that Chat Completions has for them. */
function readSettings(body: JsonObject): JsonObject {
  const { reasoning, output_config: output, text, thinking } = body;
  const read: JsonObject = {};
  for (const setting of [output, reasoning]) {
    if (isObject(setting) && typeof setting['effort'] === 'string') read['reasoning_effort'] = setting['effort'];
  }
  if (isObject(text) && isObject(text['format'])) read['response_format'] = readFormat(text['format']);
  if (body['max_output_tokens'] !== undefined) read['max_tokens'] = body['max_output_tokens'];
  if (Array.isArray(body['stop_sequences'])) read['stop'] = body['stop_sequences'];
  if (thinking !== undefined && thinking !== null) read['thinking'] = readThinking(thinking);
  return read;
}

/** Our providers have the same switch, with none of what Anthropic has beside it, and know no `adaptive`. */
function readThinking(thinking: unknown): unknown {
  if (!isObject(thinking)) return thinking;
  const { budget_tokens: _budget, display: _display, ...rest } = thinking;
  return rest['type'] === 'adaptive' ? { ...rest, type: 'enabled' } : rest;
}

function readFormat(format: JsonObject): JsonObject {
  if (format['type'] !== 'json_schema') return format;
  const { type, ...schema } = format;
  return { type, json_schema: schema };
}

/**
 * Turns any of the three bodies that Cursor sends to one path into Chat Completions: that itself, one in the shape of
 * OpenAI's Responses, one with Anthropic's blocks and tools. Cursor mixes them, so each part is read by its own form.
 */
export function readMixedBody(body: JsonObject): JsonObject {
  checkLists(body);
  const messages = readMessages(body);
  const found: JsonObject = { ...readSettings(body), ...readTools(body) };
  const read: JsonObject = {};
  for (const [key, value] of Object.entries(body)) {
    if (key === 'messages' || key === 'input') {
      if (messages !== null) read['messages'] = messages;
    } else if (READ_KEYS.has(key)) {
      if (key in found) read[key] = found[key];
    } else if (!FOREIGN_KEYS.has(key)) {
      read[key] = value;
    }
  }
  return { ...found, ...read };
}
