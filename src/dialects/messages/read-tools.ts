import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { functionTool } from '../shared/function-tool.ts';
import type { LeftOut } from '../shared/left-out.ts';
import { namelessTool, notOffered } from '../shared/tool-refusals.ts';

/** A tool of the client's own. Anthropic's have a type, mostly with a date, and no schema on the wire. */
function isOwn({ input_schema: schema, type }: JsonObject): boolean {
  return isObject(schema) || type === undefined || type === null || type === 'custom';
}

function readTool({ name, description, input_schema: parameters, strict }: JsonObject): JsonObject {
  if (typeof name !== 'string' || name === '') throw namelessTool();
  return functionTool(name, description, parameters, strict);
}

function readChoice(choice: JsonObject): unknown {
  switch (choice['type']) {
    case 'any':
      return 'required';
    case 'tool':
      return { type: 'function', function: { name: choice['name'] } };
    case 'none':
      return 'none';
    default:
      return 'auto';
  }
}

/** Claude Code's web search asks in a request of its own, and an invented answer would be worse than none. */
function noSearch(): RouterError {
  return new RouterError(
    'unsupported_tool',
    'This router has no web search of its own. Add a search tool to your client instead, for example an MCP server.',
    { param: 'tools' },
  );
}

function isSearch({ type }: JsonObject): boolean {
  return typeof type === 'string' && type.startsWith('web_search');
}

/** Refuses a choice that none of the client's own tools can answer. */
function checkChoice(choice: unknown, own: readonly JsonObject[], hosted: readonly JsonObject[]): void {
  const { name, type } = isObject(choice) ? choice : {};
  const isForced = type === 'any' || type === 'tool';
  const isFound = type === 'tool' ? own.some((tool) => tool['name'] === name) : own.length > 0;
  if (isFound || !(isForced || hosted.length > 0)) return;
  const wanted = type === 'tool' ? hosted.filter((tool) => tool['name'] === name) : hosted;
  if (wanted.length > 0 && wanted.every(isSearch)) throw noSearch();
  if (isForced) throw notOffered(type === 'tool' ? String(name).slice(0, 64) : 'a tool');
}

/** Tools and the choice among them. Those that Anthropic itself would run are left out: nobody could run them here. */
export function readTools({ tools, tool_choice: choice }: JsonObject, leftOut: LeftOut): JsonObject {
  const listed: JsonObject[] = Array.isArray(tools) ? tools.filter(isObject) : [];
  const own = listed.filter(isOwn);
  const hosted = listed.filter((tool) => !isOwn(tool));
  for (const { type } of hosted) leftOut.note(`left out a tool of type ${String(type).slice(0, 64)}`);
  checkChoice(choice, own, hosted);
  if (own.length === 0) return {};
  return {
    tools: own.map(readTool),
    ...(isObject(choice) ? { tool_choice: readChoice(choice) } : {}),
    ...(isObject(choice) && choice['disable_parallel_tool_use'] === true ? { parallel_tool_calls: false } : {}),
  };
}
