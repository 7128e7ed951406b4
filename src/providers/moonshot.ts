import type { Model } from '../catalog/model.ts';
import { RouterError } from '../protocol/errors.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { MOONSHOT_ALIASES, MOONSHOT_MODELS } from './moonshot-models.ts';
import { mendFormat, mendTools } from './moonshot-tools.ts';
import { openAICompatible } from './openai-compatible.ts';
import type { RequestContext } from './provider.ts';
import { readAvailableBalance } from './read-balance.ts';
import type { RequestDraft } from './request-draft.ts';
import { isThinking, steerThinking, stopThinking } from './thinking.ts';
import { forcesTool } from './tool-choice.ts';

/** "invalid temperature: only 1 is allowed for this model": every kimi has its own fixed values. */
const FIXED_SAMPLING = ['temperature', 'top_p', 'n', 'presence_penalty', 'frequency_penalty'];

/** Why a schema was changed. */
const FORM = "in the form that Moonshot's validator takes";

/** K3 takes `reasoning_effort` alone and refuses `thinking`: https://github.com/HKUDS/nanobot/issues/3939 */
function takesEffortOnly({ thinking }: Model): boolean {
  return thinking?.kind === 'always' && thinking.efforts.length > 0;
}

/** "tool_choice 'required' / 'specified' is incompatible with thinking enabled"; K3 alone takes `required`. */
function settleToolChoice(draft: RequestDraft, { mayUse = () => true, model }: RequestContext): void {
  const forced = forcesTool(draft.request);
  if (forced === null || !isThinking(draft.request, model)) return;
  const { tools } = draft.request;
  if (takesEffortOnly(model)) {
    if (forced.kind === 'any') return;
    if (Array.isArray(tools) && tools.length === 1) {
      draft.set('tool_choice', 'required', 'a named tool is refused while thinking, and it is the only one');
      return;
    }
  } else if (stopThinking(draft, model, 'a forced tool and thinking exclude each other')) {
    return;
  }
  const others = MOONSHOT_MODELS.filter(({ id, thinking }) => thinking?.kind === 'switch' && mayUse(`moonshot/${id}`));
  const names = others.map(({ id }) => id).join(' or ');
  const advice = names === '' ? '' : `, or ${names} with "thinking": {"type": "disabled"}`;
  throw new RouterError(
    'unsupported_value',
    `${model.id} cannot be forced to call ${forced.kind === 'any' ? 'a tool' : 'one of several tools'} while it thinks. Send tool_choice 'auto'${advice}.`,
    { param: 'tool_choice' },
  );
}

/**
 * Clients read the cached count where OpenAI has it, and nowhere else (Cline, the AI SDK, LangChain: 2026-11-28).
 * The flat one stays beside it.
 */
function tellCached(usage: JsonObject): boolean {
  const { cached_tokens: cached, prompt_tokens_details: details } = usage;
  const known = isObject(details) ? details : {};
  if (cached == null || known['cached_tokens'] != null) return false;
  usage['prompt_tokens_details'] = { ...known, cached_tokens: cached };
  return true;
}

/** Usage may ride on a choice: https://github.com/MoonshotAI/kimi-cli (`extract_usage_from_chunk`). */
function mendUsage(answer: { choices: JsonObject[]; usage?: JsonObject | null }): boolean {
  let lifted = false;
  for (const choice of answer.choices) {
    const { usage } = choice;
    if (!isObject(usage)) continue;
    delete choice['usage'];
    if (!isObject(answer.usage)) answer.usage = usage;
    lifted = true;
  }
  return (isObject(answer.usage) && tellCached(answer.usage)) || lifted;
}

/**
 * Moonshot / Kimi (月之暗面), https://platform.kimi.ai. What is special:
 * sampling cannot be chosen; each generation steers thinking in its own way; tool schemas meet a strict validator;
 * usage may ride on a choice, with the cached count beside the details; keys of the .ai and .cn hosts are not interchangeable.
 * Images come as base64 or `ms://` files; it refuses http URLs by itself, and says so.
 */
export const moonshot = openAICompatible({
  id: 'moonshot',
  name: 'Moonshot',
  variables: { apiKey: 'MOONSHOT_API_KEY', baseUrl: 'MOONSHOT_BASE_URL' },
  baseUrl: 'https://api.moonshot.cn/v1',
  models: MOONSHOT_MODELS,
  aliases: MOONSHOT_ALIASES,
  limitName: 'max_completion_tokens',
  balance: { path: '/users/me/balance', read: readAvailableBalance },

  // "thinking is enabled but reasoning_content is missing in assistant tool call message at index N":
  // https://github.com/QuantumNous/new-api/issues/4408
  reasoningRule: 'calling turns',

  prepare(draft, context) {
    const { model } = context;
    for (const name of FIXED_SAMPLING) draft.remove(name, 'fixed for all kimi models');
    steerThinking(draft, model);
    if (takesEffortOnly(model)) draft.remove('thinking', `${model.id} takes reasoning_effort only`);
    settleToolChoice(draft, context);
    const { tools, response_format: format } = draft.request;
    const mendedTools = mendTools(tools);
    if (mendedTools !== tools) draft.set('tools', mendedTools, FORM);
    const mendedFormat = mendFormat(format);
    if (mendedFormat !== format) draft.set('response_format', mendedFormat, FORM);
  },

  // `functions.read:0` in each turn: https://github.com/fw-ai/fireconnect/issues/16 (2026-07-27).
  repeatsCallIds: true,

  mendChunk: mendUsage,
  mendCompletion: mendUsage,

  // Names from memory, texts as seen (2026-11-23). An empty account is 429 or 403, so the text counts too (failure.ts).
  errors: {
    upstream_auth_error: ['invalid_authentication_error', 'incorrect_api_key_error'],
    upstream_insufficient_balance: ['exceeded_current_quota_error'],
    upstream_rate_limited: ['rate_limit_reached_error'],
    upstream_overloaded: ['engine_overloaded_error'],
    invalid_request: ['resource_not_found_error'],
  },
});
