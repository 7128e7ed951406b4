import type { ChatMessage, ChatRequest } from '../../protocol/chat.ts';
import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { checkRequest, checkSettings } from '../chat/read-request.ts';
import { noteLeftOut } from '../shared/left-out.ts';
import { readInput } from './read-input.ts';
import { chooseTools, readTools } from './read-tools.ts';
import { openToolNames, type ToolNames } from './tool-names.ts';

/** How an answer in Responses is to look. */
export interface ResponseForm {
  names: ToolNames;
  /** True where the client asked for summaries: reasoning is told as one, else as its own text. */
  wantsSummary: boolean;
  /** Members of the response that repeat the request's. */
  echo: JsonObject;
}

/** A Responses request in Chat Completions. */
export interface ResponsesRequest {
  request: ChatRequest;
  form: ResponseForm;
  changes: readonly string[];
}

const STATELESS = 'This router keeps no responses: send the whole input with store: false.';

const KNOWN: ReadonlySet<string> = new Set([
  ...['model', 'models', 'input', 'instructions', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning', 'text'],
  ...['max_output_tokens', 'temperature', 'top_p', 'stream', 'store', 'include', 'metadata', 'client_metadata', 'user'],
  ...['prompt_cache_key', 'previous_response_id', 'conversation', 'prompt', 'background'],
]);

/** What would need kept state is refused, since without it the answer would be to another question. */
function refuseState(body: JsonObject): void {
  const { background, conversation, previous_response_id: previous, prompt } = body;
  const refused = (param: string, providerCode?: string) =>
    new RouterError('unsupported_value', STATELESS, { param, ...(providerCode === undefined ? {} : { providerCode }) });
  if (previous != null) throw refused('previous_response_id', 'previous_response_not_found');
  if (conversation != null) throw refused('conversation');
  if (prompt != null) throw refused('prompt');
  if (background === true) throw refused('background');
}

function readFormat({ text }: JsonObject): JsonObject {
  const format = isObject(text) ? text['format'] : undefined;
  if (!isObject(format) || format['type'] === 'text') return {};
  if (format['type'] !== 'json_schema') return { response_format: format };
  const { type, ...schema } = format;
  return { response_format: { type, json_schema: schema } };
}

function readEffort({ reasoning }: JsonObject): JsonObject {
  return isObject(reasoning) && typeof reasoning['effort'] === 'string'
    ? { reasoning_effort: reasoning['effort'] }
    : {};
}

/** Members that mean the same in Chat Completions. */
function readSettings(body: JsonObject): JsonObject {
  const { max_output_tokens: max_tokens, temperature, top_p, models } = body;
  const given = Object.entries({ max_tokens, temperature, top_p, models });
  const settings = given.filter(([, value]) => value !== undefined && value !== null);
  return { ...(body['stream'] === true ? { stream: true } : {}), ...Object.fromEntries(settings) };
}

function numberOr(value: unknown, otherwise: number | null): number | null {
  return typeof value === 'number' ? value : otherwise;
}

function echoOf(body: JsonObject): JsonObject {
  const { max_output_tokens, metadata, parallel_tool_calls, reasoning, temperature, text, tool_choice, top_p } = body;
  const asked = isObject(reasoning) ? reasoning : {};
  return {
    max_output_tokens: numberOr(max_output_tokens, null),
    metadata: isObject(metadata) ? metadata : {},
    parallel_tool_calls: parallel_tool_calls !== false,
    reasoning: { effort: asked['effort'] ?? null, summary: asked['summary'] ?? null },
    temperature: numberOr(temperature, 1),
    text: isObject(text) ? { ...text, format: text['format'] ?? { type: 'text' } } : { format: { type: 'text' } },
    tool_choice: tool_choice ?? 'auto',
    top_p: numberOr(top_p, 1),
  };
}

function missingInput(): RouterError {
  return new RouterError('missing_input', "The body has no 'input'. Send a text, or a list with at least one item.", {
    param: 'input',
  });
}

function leading(instructions: unknown): ChatMessage[] {
  if (instructions === undefined || instructions === null || instructions === '') return [];
  if (typeof instructions === 'string') return [{ role: 'system', content: instructions }];
  throw new RouterError('invalid_value', "'instructions' must be a text.", { param: 'instructions' });
}

/** Reads a request of OpenAI's Responses. Throws RouterError with `param` for what cannot be served. */
export function readResponsesRequest(body: JsonObject): ResponsesRequest {
  refuseState(body);
  const { input, reasoning } = body;
  if (typeof input !== 'string' && !(Array.isArray(input) && input.length > 0)) throw missingInput();
  checkSettings(body);
  const leftOut = noteLeftOut();
  for (const name of Object.keys(body)) if (!KNOWN.has(name)) leftOut.note(`left out ${name.slice(0, 64)}`);
  const names = openToolNames();
  const tools = readTools(body['tools'], names, leftOut);
  const read = readInput(input, names, leftOut);
  if (read.messages.length === 0) throw missingInput();
  const request = checkRequest({
    model: body['model'],
    messages: [...leading(body['instructions']), ...read.messages],
    ...readSettings(body),
    ...readEffort(body),
    ...readFormat(body),
    ...chooseTools(body['tool_choice'], [...tools, ...read.tools], names),
    ...(body['parallel_tool_calls'] === false && tools.length + read.tools.length > 0
      ? { parallel_tool_calls: false }
      : {}),
  });
  const wantsSummary = isObject(reasoning) && reasoning['summary'] != null && reasoning['summary'] !== 'none';
  return { request, form: { names, wantsSummary, echo: echoOf(body) }, changes: leftOut.notes() };
}
