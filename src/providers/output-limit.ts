import type { Model } from '../catalog/model.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import type { RequestDraft } from './request-draft.ts';

/** How the two generations of Chat Completions, and Responses, call the limit of an answer. */
const LIMIT_NAMES = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const;

/**
 * Any name under which some provider or gateway takes a number of output tokens, at the top or in an object:
 * Anthropic's and Z.ai's `thinking.budget_tokens`, Alibaba's `thinking_budget`, OpenRouter's `reasoning.max_tokens`,
 * Gemini's `thinkingConfig.thinkingBudget`, Ollama's `options.num_predict`. They pass, and the hold counts them.
 * Folded as in spellings.ts.
 */
const OUTPUT_NAME =
  /^(?:max_(?:completion_|output_|new_|thinking_)?tokens|budget_tokens|thinking_?budget|maxOutputTokens|num_predict)$/iu;

/** The same for how many answers are asked for at once. */
const CHOICE_NAMES = ['n', 'best_of', 'candidate_count'];

/** What is no setting: the prompt, and what may stand in it under any name. */
const PROMPT_NAMES: ReadonlySet<string> = new Set(['messages', 'tools', 'functions', 'response_format', 'metadata']);

/** What an answer is thought to need where the request does not say. It may become longer. */
const USUAL_OUTPUT = 4_096;
/** More tokens than any answer has: what is beyond it is no number to calculate with. */
const MOST_TOKENS = 1_000_000_000;

/** A number, or text that spells one, as lenient providers take it; null for anything else. */
function numberIn(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && !Number.isNaN(number) ? Math.ceil(number) : null;
}

/** All names of the limit for a provider that has its own. */
export function limitNames(own: string): readonly string[] {
  return LIMIT_NAMES.some((name) => name === own) ? LIMIT_NAMES : [...LIMIT_NAMES, own];
}

/**
 * Leaves one limit, under the provider's own name. Of several the larger counts: which of them a provider obeys
 * is not known for all, and what is sent is what the hold is for.
 */
export function keepOneLimit(draft: RequestDraft, own: string, model: Model): void {
  const names = limitNames(own);
  const limits = names.flatMap((name) => numberIn(draft.request[name]) ?? []).filter((limit) => limit > 0);
  for (const name of names) if (name !== own) draft.rename(name, own, "the provider's own name for it");
  const longest = Math.max(0, ...limits);
  if (draft.request[own] == null) return;
  if (longest === 0) draft.remove(own, 'no number of tokens');
  else if (model.maxOutput !== null && longest > model.maxOutput)
    draft.set(own, model.maxOutput, 'more is refused, and never comes');
  else if (longest !== draft.request[own]) draft.set(own, longest, 'of several limits the larger');
}

/** The largest number of output tokens that the settings name, at any depth; 0 where they name none. */
function largestOutput(settings: JsonObject, own: string): number {
  let largest = 0;
  // Not by entries: a client may send half a million of them.
  for (const name in settings) {
    const value = settings[name];
    if (isObject(value)) {
      if (!PROMPT_NAMES.has(name)) largest = Math.max(largest, largestOutput(value, own));
    } else if (value != null && (name === own || OUTPUT_NAME.test(name))) {
      const number = numberIn(value) ?? 0;
      // Below zero means "no end" where it means anything: `num_predict` or `thinking_budget` of -1.
      largest = Math.max(largest, number < 0 ? Number.POSITIVE_INFINITY : number);
    }
  }
  return largest;
}

/** How many tokens all answers to a prepared request may have, as far as it says so. `own` is the provider's name for it. */
export function mostOutput(prepared: ChatRequest, { maxOutput }: Pick<Model, 'maxOutput'>, own = 'max_tokens'): number {
  const longest = Math.min(largestOutput(prepared, own) || USUAL_OUTPUT, maxOutput ?? MOST_TOKENS);
  const choices = CHOICE_NAMES.map((name) => numberIn(prepared[name]) ?? 1);
  return Math.min(longest * Math.max(1, ...choices), MOST_TOKENS);
}
