import type { Model } from '../catalog/model.ts';
import { type ChatMessage, type ChatRequest, callsOf } from '../protocol/chat.ts';
import type { Notice } from '../protocol/notice.ts';
import { NO_REASONING, readReasoning } from '../protocol/reasoning-field.ts';
import type { RequestDraft } from './request-draft.ts';
import { isThinking } from './thinking.ts';

/** Which turns of a thinking conversation a provider refuses without the reasoning that it said in them. */
export type ReasoningRule =
  /** Every turn, where the request has tools. */
  | 'all with tools'
  /** Turns that called a tool. */
  | 'calling turns';

function isRefused({ reasoning_content: reasoning }: ChatMessage): boolean {
  // An empty text is a value: some providers take it, and what some take is not for us to change.
  return typeof reasoning !== 'string';
}

/** The turns that the provider surely refuses. */
function refusedTurns({ messages, tools }: ChatRequest, rule: ReasoningRule): ChatMessage[] {
  if (rule === 'all with tools' && !(Array.isArray(tools) && tools.length > 0)) return [];
  return messages.filter(
    (message) =>
      message.role === 'assistant' && isRefused(message) && (rule !== 'calling turns' || callsOf(message).length > 0),
  );
}

/**
 * Serves a request that the provider would surely answer 400 for, since its client has dropped reasoning (the `openai` SDK
 * in a loop, LangChain, `@openai/agents`: 2026-11-28). Where no turn has any and the model can do without, it thinks not
 * for this once; else what is missing becomes one space. Null where nothing is missing, or the model does not think.
 */
export function serveLostReasoning(draft: RequestDraft, model: Model, rule: ReasoningRule): Notice | null {
  const refused = new Set(isThinking(draft.request, model) ? refusedTurns(draft.request, rule) : []);
  if (refused.size === 0) return null;
  const { messages } = draft.request;
  const isAllLost = messages.every((message) => message.role !== 'assistant' || readReasoning(message) === null);
  if (isAllLost && model.thinking?.kind === 'switch') {
    draft.set('thinking', { type: 'disabled' }, 'no earlier reasoning came back, and it would be missed');
    draft.remove('reasoning_effort', 'no earlier reasoning came back');
    return 'reasoning_lost';
  }
  const filled = messages.map((message) =>
    refused.has(message) ? { ...message, reasoning_content: readReasoning(message) ?? NO_REASONING } : message,
  );
  draft.set('messages', filled, 'earlier reasoning did not come back');
  return [...refused].some((message) => readReasoning(message) === null) ? 'reasoning_lost' : null;
}
