import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { inputParameters } from '../shared/custom-tools.ts';
import { functionTool } from '../shared/function-tool.ts';
import type { LeftOut } from '../shared/left-out.ts';
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
  const { type, description, strict } = tool;
  const own = String(tool['name'] ?? '');
  const offer = (kind: 'function' | 'custom' | 'tool_search' | 'local_shell', name: string, parameters: unknown) => {
    const offered = names.add({ kind, name, namespace });
    if (offered === null) throw clash(name);
    return [functionTool(offered, description, parameters, strict)];
  };
  switch (type) {
    case 'function':
      return offer('function', own, tool['parameters']);
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

/** The names that a choice of allowed tools leaves, as the provider has them. */
function allowedNames(tools: unknown, names: ToolNames): Set<string> {
  const allowed: unknown[] = Array.isArray(tools) ? tools : [];
  return new Set(allowed.filter(isObject).map(({ namespace, name, type }) => names.nameOf(namespace, name ?? type)));
}

/** A list of tools, and the choice among them, for a request; nothing where no tool is left. */
export function chooseTools(choice: unknown, tools: JsonObject[], names: ToolNames): JsonObject {
  if (!isObject(choice)) {
    if (tools.length === 0) return {};
    return { tools, ...(typeof choice === 'string' ? { tool_choice: choice } : {}) };
  }
  const { type, name, namespace } = choice;
  if (type === 'allowed_tools') {
    const allowed = allowedNames(choice['tools'], names);
    const left = tools.filter(({ function: called }) => isObject(called) && allowed.has(String(called['name'])));
    if (left.length === 0) return {};
    return { tools: left, tool_choice: choice['mode'] === 'required' ? 'required' : 'auto' };
  }
  const wanted = names.nameOf(namespace, name ?? type);
  const isOffered = tools.some(({ function: called }) => isObject(called) && called['name'] === wanted);
  if (!isOffered) {
    throw new RouterError(
      'unsupported_tool',
      `'tool_choice' asks for ${String(name ?? type)}, which is not among the tools that can be used here.`,
      { param: 'tool_choice' },
    );
  }
  return { tools, tool_choice: { type: 'function', function: { name: wanted } } };
}
