import { isObject, type JsonObject } from '../../protocol/json.ts';
import { readBlocks, readSystem } from './anthropic-messages.ts';
import { readLegacyCalls } from './legacy-calls.ts';
import { readItems } from './responses-items.ts';
import { readTool, readToolChoice } from './tools.ts';

// What only OpenAI's Responses or Anthropic's Messages know. Our vendors refuse some of these and ignore the rest.
const FOREIGN_KEYS: ReadonlySet<string> = new Set([
  'input',
  'instructions',
  'system',
  'functions',
  'function_call',
  'include',
  'store',
  'previous_response_id',
  'truncation',
  'text',
  'reasoning',
  'background',
  'conversation',
  'max_tool_calls',
  'max_output_tokens',
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
]);

function readMessages(body: JsonObject): unknown[] | null {
  if (Array.isArray(body['messages'])) {
    const messages = readLegacyCalls(readBlocks(body['messages']));
    return [...readSystem(body['system']), ...messages];
  }
  if (typeof body['input'] !== 'string' && !Array.isArray(body['input'])) return null;
  return [...readSystem(body['instructions']), ...readItems(body['input'])];
}

function readTools(body: JsonObject): JsonObject {
  const read: JsonObject = {};
  if (Array.isArray(body['tools'])) read['tools'] = body['tools'].flatMap(readTool);
  else if (Array.isArray(body['functions'])) {
    read['tools'] = body['functions'].map((called: unknown) => ({ type: 'function', function: called }));
  }
  const choice = body['tool_choice'] ?? body['function_call'];
  if (choice !== undefined && choice !== null) read['tool_choice'] = readToolChoice(choice);
  return read;
}

/** Settings of other dialects, under the names that Chat Completions has for them. */
function readSettings(body: JsonObject): JsonObject {
  const { reasoning, text, thinking } = body;
  const read: JsonObject = {};
  if (isObject(reasoning) && typeof reasoning['effort'] === 'string') read['reasoning_effort'] = reasoning['effort'];
  if (isObject(text) && isObject(text['format'])) read['response_format'] = readFormat(text['format']);
  if (body['max_output_tokens'] !== undefined) read['max_tokens'] = body['max_output_tokens'];
  if (Array.isArray(body['stop_sequences'])) read['stop'] = body['stop_sequences'];
  if (isObject(thinking) && 'budget_tokens' in thinking) {
    const { budget_tokens: _budget, ...rest } = thinking;
    read['thinking'] = rest;
  }
  return read;
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
export function readBody(body: JsonObject): JsonObject {
  const messages = readMessages(body);
  const found: JsonObject = { ...readSettings(body), ...readTools(body) };
  const read: JsonObject = {};
  for (const [key, value] of Object.entries(body)) {
    if (key === 'messages' || key === 'input') {
      if (messages !== null) read['messages'] = messages;
    } else if (key === 'tools' || key === 'tool_choice' || key === 'thinking') {
      if (key in found) read[key] = found[key];
      else if (value !== null) read[key] = value;
    } else if (!FOREIGN_KEYS.has(key)) {
      read[key] = value;
    }
  }
  return { ...found, ...read };
}
