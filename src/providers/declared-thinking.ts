import type { Model } from '../catalog/model.ts';
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

/**
 * The model with its thinking told, where the catalogue does not say: as its provider's words steer it. One that wants its
 * reasoning back is thought to think.
 */
export function toldModel(model: Model, words: Words | undefined): Model {
  if (model.thinking !== null || (words === undefined && !model.wantsReasoning)) return model;
  const efforts = Object.keys(words?.efforts ?? {});
  const canStop = Object.keys(words?.off ?? {}).length > 0;
  if (model.wantsReasoning && !canStop) return { ...model, thinking: { kind: 'always', efforts } };
  return { ...model, thinking: { kind: 'switch', default: model.wantsReasoning ? 'on' : 'off', efforts } };
}

/** Whether a value is what a rule says. Looks at no more of it than the rule has: it is a client's, and may be large. */
function isSame(value: unknown, rule: unknown): boolean {
  if (Array.isArray(rule)) {
    return Array.isArray(value) && value.length === rule.length && rule.every((part, at) => isSame(value[at], part));
  }
  if (!isObject(rule)) return value === rule;
  if (!isObject(value)) return false;
  for (const name in value) if (!Object.hasOwn(rule, name)) return false;
  return Object.keys(rule).every((name) => isSame(value[name], rule[name]));
}

function says(request: ChatRequest, members: JsonObject): boolean {
  const names = Object.keys(members);
  return names.length > 0 && names.every((name) => isSame(request[name], members[name]));
}

/** What a request says in the provider's own members; null where it says nothing. */
function switchIn(request: ChatRequest, { on, off }: Words): 'enabled' | 'disabled' | null {
  if (says(request, on)) return 'enabled';
  return says(request, off) ? 'disabled' : null;
}

/** Whether a prepared request will be answered with thinking. */
export function isThinkingIn(prepared: ChatRequest, model: Model, words: Words | undefined): boolean {
  const type = words === undefined ? null : switchIn(prepared, words);
  return isThinking(type === null ? prepared : { ...prepared, thinking: { type } }, toldModel(model, words));
}

/** Settles whether and how hard the model thinks, in the words of clients. */
export function settleThinking(draft: RequestDraft, model: Model, words: Words): void {
  const own = switchIn(draft.request, words);
  if (own !== null && draft.request['thinking'] == null) {
    draft.set('thinking', { type: own }, "said in the provider's own words");
  }
  const effort = draft.request['reasoning_effort'];
  const told = toldModel(model, words);
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
