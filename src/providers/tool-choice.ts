import type { ChatRequest } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';

/** How a request insists on a tool: any, a named one, or not at all. */
export type Forced = { kind: 'any' } | { kind: 'named'; name: string } | null;

/** Reads `tool_choice`; null where the model may answer without a tool. */
export function forcesTool(request: ChatRequest): Forced {
  const choice = request['tool_choice'];
  if (choice === 'required') return { kind: 'any' };
  if (!isObject(choice) || !isObject(choice['function'])) return null;
  const { name } = choice['function'];
  return typeof name === 'string' ? { kind: 'named', name } : null;
}
