import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { inputParameters } from '../shared/custom-tools.ts';
import { functionTool } from '../shared/function-tool.ts';
import type { LeftOut } from '../shared/left-out.ts';
import { namelessTool, notOffered } from '../shared/tool-refusals.ts';
import type { ToolNames } from './tool-names.ts';

const SHELL_PARAMETERS = {
  type: 'object',
  properties: {
    command: { type: 'array', items: { type: 'string' }, description: 'The program and its arguments.' },
    working_directory: { type: 'string' },
    timeout_ms: { type: 'integer' },
    env: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['command'],
};

const SEARCH_PARAMETERS = {
  type: 'object',
  properties: { query: { type: 'string' }, limit: { type: 'integer' } },
  required: ['query'],
};

function clash(name: string): RouterError {
  return new RouterError(
    'invalid_value',
    `Two of the tools would have the name '${name}' at the provider. Rename one of them.`,
    { param: 'tools' },
  );
}

/** Reads lists of tools into functions; what only OpenAI could run is left out. */
export function readTools(tools: unknown, names: ToolNames, leftOut: LeftOut): JsonObject[] {
  return Array.isArray(tools) ? tools.flatMap((tool: unknown) => readTool(tool, null, names, leftOut)) : [];
}

function readTool(tool: unknown, namespace: string | null, names: ToolNames, leftOut: LeftOut): JsonObject[] {
  if (!isObject(tool)) return [];
  const { type } = tool;
  const said = functionIn(tool);
  const { description, strict } = said;
  const own = String(said['name'] ?? '');
  const offer = (kind: 'function' | 'custom' | 'tool_search' | 'local_shell', name: string, parameters: unknown) => {
    if (name === '') throw namelessTool();
    const offered = names.add({ kind, name, namespace });
    if (offered === null) throw clash(name);
    return [functionTool(offered, description, parameters, strict)];
  };
  switch (type) {
    case 'function':
      return offer('function', own, said['parameters']);
    case 'custom':
      return offer('custom', own, inputParameters(tool));
    case 'namespace': {
      const inner: unknown[] = Array.isArray(tool['tools']) ? tool['tools'] : [];
      return inner.flatMap((each) => readTool(each, own, names, leftOut));
    }
    case 'tool_search':
      return offer('tool_search', 'tool_search', tool['parameters'] ?? SEARCH_PARAMETERS);
    case 'local_shell':
      return offer('local_shell', 'local_shell', SHELL_PARAMETERS);
    default:
      leftOut.note(`left out a tool of type ${String(type).slice(0, 64)}`);
      return [];
  }
}

/** Chat Completions keeps a function in an object, and clients mix the two. */
function functionIn(tool: JsonObject): JsonObject {
  return isObject(tool['function']) ? tool['function'] : tool;
}

/** What a choice calls a tool; those of a type of their own have no other name. */
function nameIn(choice: JsonObject): unknown {
  return functionIn(choice)['name'] ?? choice['type'];
}

/** The names that a choice of allowed tools leaves, as the provider has them. */
function allowedNames(tools: unknown, names: ToolNames): Set<string> {
  const allowed: unknown[] = Array.isArray(tools) ? tools : [];
  return new Set(allowed.filter(isObject).map((tool) => names.nameOf(tool['namespace'], nameIn(tool))));
}

/** Refuses a request that must call a tool and has none left. */
function checkLeft(mode: unknown, tools: readonly JsonObject[]): void {
  if (mode === 'required' && tools.length === 0) throw notOffered('a tool');
}

/** A list of tools, and the choice among them, for a request; nothing where no tool is left. */
export function chooseTools(choice: unknown, tools: JsonObject[], names: ToolNames): JsonObject {
  if (!isObject(choice)) {
    checkLeft(choice, tools);
    if (tools.length === 0) return {};
    return { tools, ...(typeof choice === 'string' ? { tool_choice: choice } : {}) };
  }
  const { type, namespace, mode } = choice;
  if (type === 'allowed_tools') {
    const allowed = allowedNames(choice['tools'], names);
    const left = tools.filter(({ function: called }) => isObject(called) && allowed.has(String(called['name'])));
    checkLeft(mode, left);
    if (left.length === 0) return {};
    return { tools: left, tool_choice: mode === 'required' ? 'required' : 'auto' };
  }
  const name = nameIn(choice);
  const wanted = names.nameOf(namespace, name);
  const isOffered = tools.some(({ function: called }) => isObject(called) && called['name'] === wanted);
  if (!isOffered) throw notOffered(String(name ?? 'a tool without a name').slice(0, 64));
  return { tools, tool_choice: { type: 'function', function: { name: wanted } } };
}
