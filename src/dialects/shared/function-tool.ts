import type { JsonObject } from '../../protocol/json.ts';

/** A function as Chat Completions has it, of what a tool of any dialect says. `strict` stands there only where the tool says it. */
export function functionTool(name: unknown, description: unknown, parameters: unknown, strict?: unknown): JsonObject {
  return {
    type: 'function',
    function: {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      parameters: parameters ?? { type: 'object', properties: {} },
      ...(typeof strict === 'boolean' ? { strict } : {}),
    },
  };
}
