import { isObject, type JsonObject, without } from '../../protocol/json.ts';
import { functionTool } from './function-tool.ts';
import { namespacedName } from './namespaced-name.ts';

// Tools that run at OpenAI or Anthropic; Anthropic's end in a date. Nobody could run them here.
const HOSTED =
  /^(?:.*_\d{8}|web_search(?:_preview)?|file_search|code_interpreter|computer(?:_use_preview)?|image_generation|mcp|(?:local_)?shell|apply_patch|tool_search(?:_\w+)?)$/;

/** The tools of a namespace, each under its name at the provider. */
function readNamespace({ name: namespace, tools }: JsonObject): unknown[] {
  const inner: unknown[] = Array.isArray(tools) ? tools : [];
  return inner
    .filter(isObject)
    .flatMap((tool) =>
      readTool({ ...tool, name: namespacedName(String(namespace ?? ''), String(tool['name'] ?? '')) }),
    );
}

/** A tool of any dialect as Chat Completions has it, custom tools as they are; none for one that only its own provider can run. */
export function readTool(tool: unknown): unknown[] {
  if (!isObject(tool)) return [tool];
  const { type, name, description } = tool;
  if (isObject(tool['function'])) {
    const called = without(tool['function'], 'cache_control');
    const own = without(tool, 'cache_control');
    return [called === tool['function'] ? own : { ...own, function: called }];
  }
  if (isObject(tool['input_schema'])) return [functionTool(name, description, tool['input_schema'])];
  if (type === 'namespace') return readNamespace(tool);
  if (type === 'custom') return [without(tool, 'cache_control')];
  if (type === 'function') return [functionTool(name, description, tool['parameters'], tool['strict'])];
  if (typeof type === 'string' && HOSTED.test(type)) return [];
  return [tool];
}

/** A choice of tool in any dialect as Chat Completions has it. */
export function readToolChoice(choice: unknown): unknown {
  if (!isObject(choice)) return choice;
  const { type, name } = choice;
  switch (type) {
    case 'auto':
    case 'none':
      return type;
    case 'any':
      return 'required';
    case 'tool':
    case 'function':
      return isObject(choice['function']) ? choice : { type: 'function', function: { name } };
    case 'custom':
    case undefined:
      // `function_call: {name}` of old has no type.
      return type === undefined && typeof name === 'string' ? { type: 'function', function: { name } } : choice;
    case 'allowed_tools': {
      // Flat in Responses, an object of its own in Chat Completions.
      const allowed = isObject(choice['allowed_tools']) ? choice['allowed_tools'] : choice;
      return allowed['mode'] === 'required' ? 'required' : 'auto';
    }
    default:
      return choice;
  }
}
