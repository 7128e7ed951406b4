import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { isOtherSpelling } from './spellings.ts';

/*
 * Tools that a provider runs by itself, and bills by the call: Z.ai's `web_search` and `retrieval`
 * (https://docs.z.ai/api-reference/llm/chat-completion), Moonshot's `builtin_function` `$web_search`
 * (https://platform.kimi.ai/docs/guide/use-web-search), and whatever other providers have. A tool is the client's own
 * only where it is a function and nothing else; of everything else nobody here knows what it costs.
 */

/** Switches at the top that make a provider search or run something by itself. */
const SWITCHES = [
  // https://platform.openai.com/docs/guides/tools-web-search
  'web_search_options',
  // https://www.alibabacloud.com/help/en/model-studio/web-search
  'enable_search',
  // https://docs.x.ai/docs/guides/live-search
  'search_parameters',
  // https://openrouter.ai/docs/features/web-search
  'plugins',
  // https://docs.claude.com/en/docs/agents-and-tools/mcp-connector
  'mcp_servers',
];

/** Members of a tool that make it another thing than a function, whatever its type says. */
const OWN_MEMBERS: ReadonlySet<string> = new Set([
  ...['web_search', 'web_search_preview', 'retrieval', 'file_search', 'code_interpreter', 'code_execution'],
  ...['builtin_function', 'mcp', 'google_search', 'url_context', 'image_generation'],
]);
const READ_MEMBERS: ReadonlySet<string> = new Set(['type', 'function', ...OWN_MEMBERS]);

function isFunction(tool: JsonObject): boolean {
  const { type, function: called } = tool;
  if (type !== 'function' && !(type == null && isObject(called))) return false;
  // Moonshot's built-in functions are called so, and no function of a client may be.
  if (isObject(called) && typeof called['name'] === 'string' && called['name'].startsWith('$')) return false;
  return !Object.keys(tool).some((name) => OWN_MEMBERS.has(name) || isOtherSpelling(name, READ_MEMBERS));
}

/** What a tool that is no function is called: by its name where it has one that the provider knows, else by its type. */
function nameOf(tool: unknown): string {
  if (!isObject(tool)) return 'unknown';
  const { type, function: called } = tool;
  if (isObject(called) && typeof called['name'] === 'string') return called['name'];
  const member = Object.keys(tool).find((name) => OWN_MEMBERS.has(name));
  return typeof type === 'string' && type !== 'function' ? type : (member ?? 'unknown');
}

/** True for a switch that stands on: an empty object means "as usual", an empty list nothing. */
function isOn(value: unknown): boolean {
  if (isObject(value)) return value['enable'] !== false && value['enabled'] !== false;
  return Array.isArray(value) ? value.length > 0 : value != null && value !== false && value !== 0 && value !== 'false';
}

/** The provider's own tools that a request asks for, by name, each once. */
export function ownToolsOf(request: ChatRequest): string[] {
  const { tools } = request;
  const listed: unknown[] = Array.isArray(tools) ? tools : tools == null ? [] : [tools];
  const own = listed.filter((tool) => !(isObject(tool) && isFunction(tool))).map(nameOf);
  const switched = SWITCHES.filter((name) => isOn(request[name]));
  return [...new Set([...own, ...switched])];
}
