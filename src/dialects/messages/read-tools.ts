import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { functionTool } from '../shared/function-tool.ts';
import type { LeftOut } from '../shared/left-out.ts';

function isOwn(tool: JsonObject): boolean {
  return isObject(tool['input_schema']);
}

function readTool({ name, description, input_schema: parameters, strict }: JsonObject): JsonObject {
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

/** Tools and the choice among them. Those that Anthropic itself would run are left out: nobody could run them here. */
export function readTools({ tools, tool_choice: choice }: JsonObject, leftOut: LeftOut): JsonObject {
  const listed: JsonObject[] = Array.isArray(tools) ? tools.filter(isObject) : [];
  const own = listed.filter(isOwn);
  for (const { type } of listed.filter((tool) => !isOwn(tool))) leftOut.note(`left out a tool of type ${String(type)}`);
  const isForced = isObject(choice) && (choice['type'] === 'tool' || choice['type'] === 'any');
  const wanted = isObject(choice) && choice['type'] === 'tool' ? choice['name'] : null;
  const hosted = listed.filter((tool) => !isOwn(tool));
  const isWanted = wanted === null ? own.length === 0 : hosted.some(({ name }) => name === wanted);
  if (hosted.length > 0 && isWanted && (isForced || own.length === 0)) throw noSearch();
  if (own.length === 0) return {};
  return {
    tools: own.map(readTool),
    ...(isObject(choice) ? { tool_choice: readChoice(choice) } : {}),
    ...(isObject(choice) && choice['disable_parallel_tool_use'] === true ? { parallel_tool_calls: false } : {}),
  };
}
