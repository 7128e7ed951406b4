import { namespacedName } from '../shared/namespaced-name.ts';

/*
 * Responses knows more kinds of tools than Chat Completions: all are offered to the provider as functions, and what the
 * model calls is turned back into the kind that the client knows.
 */

/** What a function of ours is for the client. */
export interface ClientTool {
  kind: 'function' | 'custom' | 'tool_search' | 'local_shell';
  name: string;
  namespace: string | null;
}

/** The functions of one request, by the names that the provider has for them. */
export interface ToolNames {
  /** Takes a tool in, and answers the name for the provider; null where that name is another tool's already. */
  add(tool: ClientTool): string | null;
  /** The name for the provider of a call in the history, its tool being offered or not. */
  nameOf(namespace: unknown, name: unknown): string;
  /** What the provider's name is for the client; a function of that name where nobody offered it. */
  find(name: string): ClientTool;
}

/** Opens the names of one request. */
export function openToolNames(): ToolNames {
  const tools = new Map<string, ClientTool>();
  return {
    add(tool) {
      const name = namespacedName(tool.namespace, tool.name);
      const known = tools.get(name);
      if (known !== undefined) return isSame(known, tool) ? name : null;
      tools.set(name, tool);
      return name;
    },
    nameOf: (namespace, name) => namespacedName(typeof namespace === 'string' ? namespace : null, String(name ?? '')),
    find: (name) => tools.get(name) ?? { kind: 'function', name, namespace: null },
  };
}

function isSame(one: ClientTool, other: ClientTool): boolean {
  return one.kind === other.kind && one.name === other.name && one.namespace === other.namespace;
}
