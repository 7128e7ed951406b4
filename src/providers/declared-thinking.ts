import type { Model, Thinking } from '../catalog/model.ts';
import type { ProviderRules } from '../catalog/rules.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import type { RequestDraft } from './request-draft.ts';
import { isThinking, steerThinking } from './thinking.ts';

/*
 * Clients and pipelines steer thinking by `thinking: {"type": "enabled" | "disabled"}` and `reasoning_effort`. A declared
 * provider may have members of its own for it: what a client says in them is read first, and what is settled is said in
 * them last, so that all between needs one language only.
 */

type Words = NonNullable<ProviderRules['thinking']>;

/** How a model of this provider is steered, where the catalogue does not say. */
function thinkingOf({ efforts }: Words): Thinking {
  return { kind: 'switch', default: 'off', efforts: Object.keys(efforts) };
}

/** The model with its thinking told, as far as its provider's words tell it. */
function steered(model: Model, words: Words): Model {
  return model.thinking === null ? { ...model, thinking: thinkingOf(words) } : model;
}

function says(request: ChatRequest, members: JsonObject): boolean {
  const names = Object.keys(members);
  return names.length > 0 && names.every((name) => JSON.stringify(request[name]) === JSON.stringify(members[name]));
}

/** What a request says in the provider's own members; null where it says nothing. */
function switchIn(request: ChatRequest, { on, off }: Words): 'enabled' | 'disabled' | null {
  if (says(request, on)) return 'enabled';
  return says(request, off) ? 'disabled' : null;
}

/** Whether a prepared request will be answered with thinking. */
export function isThinkingIn(prepared: ChatRequest, model: Model, words: Words): boolean {
  const type = switchIn(prepared, words);
  return isThinking(type === null ? prepared : { ...prepared, thinking: { type } }, steered(model, words));
}

/** Settles whether and how hard the model thinks, in the words of clients. */
export function settleThinking(draft: RequestDraft, model: Model, words: Words): void {
  const own = switchIn(draft.request, words);
  if (own !== null && draft.request['thinking'] == null) {
    draft.set('thinking', { type: own }, "said in the provider's own words");
  }
  const effort = draft.request['reasoning_effort'];
  const told = steered(model, words);
  const isOffAsUsual = told.thinking?.kind === 'switch' && told.thinking.default === 'off';
  if (isOffAsUsual && typeof effort === 'string' && effort !== 'none' && draft.request['thinking'] == null) {
    draft.set('thinking', { type: 'enabled' }, 'an effort is wanted');
  }
  steerThinking(draft, told);
}

/** An object's members go beside those that the client sent under the same name. */
function withMembers(sent: unknown, value: unknown): unknown {
  return isObject(sent) && isObject(value) ? { ...sent, ...value } : value;
}

/** Says in the provider's own members what is settled. A model that does not think is told nothing. */
export function sayThinking(draft: RequestDraft, model: Model, words: Words): void {
  const { thinking, reasoning_effort: effort } = draft.request;
  const type = isObject(thinking) ? thinking['type'] : null;
  draft.remove('thinking', 'the provider has its own words');
  draft.remove('reasoning_effort', 'the provider has its own words');
  if (model.thinking?.kind === 'none') return;
  const members: JsonObject = { ...(type === 'enabled' ? words.on : type === 'disabled' ? words.off : {}) };
  if (typeof effort === 'string' && type !== 'disabled') {
    const said = words.efforts[effort] ?? effort;
    const own = isObject(said) ? said : { reasoning_effort: said };
    for (const [name, value] of Object.entries(own)) members[name] = withMembers(members[name], value);
  }
  for (const [name, value] of Object.entries(members)) {
    draft.set(name, withMembers(draft.request[name], value), "the provider's words for thinking");
  }
}
