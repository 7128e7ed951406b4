import type { ChatMessage, ChatRequest } from '../protocol/chat.ts';
import { RouterError } from '../protocol/errors.ts';
import { isObject } from '../protocol/json.ts';
import type { RequestDraft } from './request-draft.ts';

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

function isNamed(tool: unknown, name: string): boolean {
  return isObject(tool) && isObject(tool['function']) && tool['function']['name'] === name;
}

/** What the model is told in place of a choice it cannot be given. It stands last, so that what is before stays cached. */
function orderFor(forced: NonNullable<Forced>): ChatMessage {
  const tool = forced.kind === 'named' ? `the tool ${forced.name}` : 'a tool';
  return { role: 'system', content: `Call ${tool} now, and answer with nothing else.` };
}

/**
 * A choice of tool for a model that takes `auto` alone. `none` offers no tools; a named tool is the only one offered;
 * where one must be called the model is told so.
 */
export function chooseByAuto(draft: RequestDraft): void {
  const { tools, tool_choice: choice, messages } = draft.request;
  if (choice == null || choice === 'auto') return;
  const offered: unknown[] = Array.isArray(tools) ? tools : [];
  if (choice === 'none' || offered.length === 0) {
    draft.remove('tools', 'tool_choice none is refused, and without tools it needs no saying');
    draft.remove('tool_choice', 'there are no tools');
    return;
  }
  const forced = forcesTool(draft.request);
  draft.set('tool_choice', 'auto', 'no other is taken');
  if (forced === null) return;
  if (forced.kind === 'named') {
    const named = offered.filter((tool) => isNamed(tool, forced.name));
    if (named.length === 0) {
      throw new RouterError('invalid_value', `tool_choice names '${forced.name}', which is not among the tools.`, {
        param: 'tool_choice',
      });
    }
    if (named.length < offered.length) draft.set('tools', named, 'one is to be called, and no other');
  }
  draft.set('messages', [...messages, orderFor(forced)], 'a tool must be called');
}
