import type { ChatRequest } from '../protocol/chat.ts';
import type { Target } from './target.ts';

/** What belongs to the prompt, and decides nothing of what an answer may cost. */
const PROMPT_NAMES = ['tools', 'tool_choice', 'functions', 'function_call', 'response_format'];

/**
 * A request as its target gets it, without its prompt: all that decides how much the answer may cost.
 * A pipeline gives back reasoning and makes functions of tools, and touches none of this, so that it is known
 * before any memory has been asked.
 */
export function settingsFor({ configured, model, parameters }: Target, request: ChatRequest): ChatRequest {
  const settings: ChatRequest = { ...request, messages: [] };
  for (const name of PROMPT_NAMES) delete settings[name];
  return configured.provider.request(settings, { model, parameters, userHash: '' }).request;
}
