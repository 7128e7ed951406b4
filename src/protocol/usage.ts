import * as z from 'zod/mini';
import { isObject, type JsonObject } from './json.ts';

/** Tokens of one answer. `input` includes `cached` and `cacheWrite`; `output` includes `reasoning`. */
export interface Usage {
  inputTokens: number;
  cachedTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  /** What the provider says that the answer cost, nano-USD; absent where it says nothing, and the price tells. */
  statedNanoUsd?: number;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

// A thousand times the longest context: what is beyond it is a provider's mistake, and no bill may be made of it.
const MOST_TOKENS = 1_000_000_000;

// What is not a whole number of tokens is as good as absent; a later field may hold it.
const count = z.catch(z.nullish(z.int().check(z.nonnegative(), z.maximum(MOST_TOKENS))), null);
const details = z.catch(
  z.nullish(
    z.looseObject({
      cached_tokens: count,
      cache_write_tokens: count,
      cache_creation_tokens: count,
      reasoning_tokens: count,
    }),
  ),
  null,
);

const usageSchema = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  cached_tokens: count,
  cache_write_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  prompt_cache_hit_tokens: count,
  prompt_cache_miss_tokens: count,
  reasoning_tokens: count,
  prompt_tokens_details: details,
  completion_tokens_details: details,
});

type ProviderUsage = z.infer<typeof usageSchema>;

function inputOf(usage: ProviderUsage): number | null {
  const { prompt_tokens, prompt_cache_hit_tokens: hit, prompt_cache_miss_tokens: miss } = usage;
  if (prompt_tokens != null) return prompt_tokens;
  if (hit != null && miss != null) return hit + miss;
  const { total_tokens: total, completion_tokens: output } = usage;
  return total != null && output != null ? Math.max(0, total - output) : null;
}

/** The first of several names that holds a value; zero is a value. */
function firstOf(...counts: (number | null | undefined)[]): number {
  return counts.find((value) => value != null) ?? 0;
}

/**
 * Reads a provider's usage object in every shape we know; null when it does not tell the input.
 * Zero is a value. Shapes: OpenAI's details (Z.ai, newer Moonshot and DeepSeek), DeepSeek's
 * `prompt_cache_hit_tokens`, Moonshot's flat `cached_tokens`, and Anthropic's words as gateways mix them in.
 */
export function readUsage(value: unknown): Usage | null {
  const parsed = usageSchema.safeParse(value);
  if (!parsed.success) return null;
  const usage = parsed.data;
  const { prompt_tokens_details: input, completion_tokens_details: output } = usage;
  const inputTokens = inputOf(usage);
  if (inputTokens === null) return null;
  const outputTokens = usage.completion_tokens ?? Math.max(0, (usage.total_tokens ?? 0) - inputTokens);
  // A provider's own field goes before the one it sends for compatibility.
  const cached = firstOf(
    usage.prompt_cache_hit_tokens,
    usage.cached_tokens,
    usage.cache_read_input_tokens,
    input?.cached_tokens,
  );
  const written = firstOf(
    usage.cache_write_tokens,
    usage.cache_creation_input_tokens,
    input?.cache_write_tokens,
    input?.cache_creation_tokens,
  );
  const cachedTokens = Math.min(cached, inputTokens);
  return {
    inputTokens,
    cachedTokens,
    // A part is never more than the whole, whatever the provider says: a bill counts each token once.
    cacheWriteTokens: Math.min(written, inputTokens - cachedTokens),
    outputTokens,
    reasoningTokens: Math.min(firstOf(output?.reasoning_tokens, usage.reasoning_tokens), outputTokens),
  };
}

/** The counts that OpenAI's clients know, and check: one that is no number costs the AI SDK the whole chunk. */
const KNOWN_COUNTS = ['prompt_tokens', 'completion_tokens', 'total_tokens', 'cached_tokens', 'reasoning_tokens'];
const KNOWN_DETAILS = ['prompt_tokens_details', 'completion_tokens_details'];
const COUNT_AS_TEXT = /^\d{1,9}$/;

function mendCounts(usage: JsonObject): boolean {
  let changed = false;
  for (const name of KNOWN_COUNTS) {
    const value = usage[name];
    if (value == null || typeof value === 'number') continue;
    if (typeof value === 'string' && COUNT_AS_TEXT.test(value)) usage[name] = Number(value);
    else delete usage[name];
    changed = true;
  }
  return changed;
}

/** Makes numbers of an answer's counts that are text, and takes out what is no usage; true where it did. */
export function mendUsage(answer: JsonObject): boolean {
  const { usage } = answer;
  if (usage === undefined || usage === null) return false;
  if (!isObject(usage)) {
    delete answer['usage'];
    return true;
  }
  let changed = mendCounts(usage);
  for (const name of KNOWN_DETAILS) {
    const details = usage[name];
    if (isObject(details)) changed = mendCounts(details) || changed;
    else if (details != null) changed = delete usage[name];
  }
  return changed;
}
