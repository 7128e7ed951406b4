import { z } from 'zod';

/** Tokens of one answer. `input` includes `cached` and `cacheWrite`; `output` includes `reasoning`. */
export interface Usage {
  inputTokens: number;
  cachedTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

const count = z.number().int().nonnegative().nullish().catch(null);
const details = z
  .looseObject({ cached_tokens: count, cache_write_tokens: count, reasoning_tokens: count })
  .nullish()
  .catch(null);

const usageSchema = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  cached_tokens: count,
  prompt_cache_hit_tokens: count,
  prompt_tokens_details: details,
  completion_tokens_details: details,
});

/**
 * Reads a vendor's usage object in every shape we know; null when it holds no counts at all.
 * Zero is a value. Shapes: OpenAI's details, DeepSeek's `prompt_cache_hit_tokens`, Moonshot's flat `cached_tokens`.
 */
export function readUsage(value: unknown): Usage | null {
  const parsed = usageSchema.safeParse(value);
  if (!parsed.success) return null;
  const usage = parsed.data;
  const input = usage.prompt_tokens;
  const output = usage.completion_tokens;
  if (input == null && output == null) return null;
  const cached =
    usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? usage.cached_tokens ?? 0;
  return {
    inputTokens: input ?? 0,
    cachedTokens: Math.min(cached, input ?? 0),
    cacheWriteTokens: usage.prompt_tokens_details?.cache_write_tokens ?? 0,
    outputTokens: output ?? 0,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}
