import type { Model } from '../catalog/model.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import type { RequestDraft } from './request-draft.ts';

/** OpenAI's words and the providers', from little to much. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'];

/** The model's effort for a word it does not have: the next one up, else its highest; null for an unknown word. */
function nearestEffort(effort: string, known: readonly string[]): string | null {
  const wanted = EFFORTS.indexOf(effort);
  if (wanted < 0) return null;
  const ranked = known.filter((name) => EFFORTS.includes(name));
  return ranked.find((name) => EFFORTS.indexOf(name) >= wanted) ?? ranked.at(-1) ?? null;
}

function switchOf({ thinking }: ChatRequest): unknown {
  return isObject(thinking) ? thinking['type'] : undefined;
}

/** True when this request, as the provider gets it, will be answered with thinking. */
export function isThinking(request: ChatRequest, model: Model): boolean {
  const { thinking } = model;
  if (thinking?.kind !== 'switch') return thinking?.kind === 'always';
  const type = switchOf(request);
  return type === 'enabled' || (type !== 'disabled' && thinking.default === 'on');
}

/** Switches thinking off for a request that cannot have it; false where the client or the model insists. */
export function stopThinking(draft: RequestDraft, model: Model, why: string): boolean {
  if (model.thinking?.kind !== 'switch' || switchOf(draft.request) === 'enabled') return false;
  draft.set('thinking', { type: 'disabled' }, why);
  draft.remove('reasoning_effort', why);
  return true;
}

function steerEffort(draft: RequestDraft, model: Model, efforts: readonly string[]): void {
  const effort = draft.request['reasoning_effort'];
  if (effort === 'none' && model.thinking?.kind === 'switch' && !efforts.includes(effort)) {
    draft.remove('reasoning_effort', 'the model has a switch for it');
    if (draft.request['thinking'] == null) draft.set('thinking', { type: 'disabled' }, 'reasoning_effort was none');
    return;
  }
  if (efforts.length === 0) draft.remove('reasoning_effort', `${model.id} has no efforts`);
  if (efforts.length === 0 || typeof effort !== 'string' || efforts.includes(effort)) return;
  const nearest = nearestEffort(effort, efforts);
  if (nearest !== null) draft.set('reasoning_effort', nearest, `${model.id} has no '${effort}'`);
}

/**
 * Puts the two ways to steer thinking, `thinking` and `reasoning_effort`, into the form the model takes.
 * A model that always thinks gets its lowest effort where the client wanted none: the nearest it can do.
 */
export function steerThinking(draft: RequestDraft, model: Model): void {
  if (model.thinking === null || model.thinking.kind === 'none') return;
  const { efforts } = model.thinking;
  if (typeof draft.request['thinking'] === 'boolean') {
    draft.set('thinking', { type: draft.request['thinking'] ? 'enabled' : 'disabled' }, 'the switch is an object');
  }
  const thinking = draft.request['thinking'];
  if (model.thinking.kind === 'always' && isObject(thinking) && thinking['type'] === 'disabled') {
    draft.set('thinking', { ...thinking, type: 'enabled' }, `${model.id} always thinks`);
    if (draft.request['reasoning_effort'] == null && efforts.length > 0) {
      draft.set('reasoning_effort', nearestEffort('none', efforts), `the least ${model.id} can do`);
    }
  }
  steerEffort(draft, model, efforts);
}
