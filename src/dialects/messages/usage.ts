import type { JsonObject } from '../../protocol/json.ts';
import type { Usage } from '../../protocol/usage.ts';

/**
 * Usage in Anthropic's words: `input_tokens` holds what was neither read from the cache nor written to it.
 * Every number is there, zero too: clients add them up. https://docs.anthropic.com/en/api/messages
 */
export function printUsage(usage: Usage): JsonObject {
  const { cacheWriteTokens, cachedTokens, inputTokens, outputTokens, reasoningTokens } = usage;
  return {
    input_tokens: inputTokens - cachedTokens - cacheWriteTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedTokens,
    cache_creation: null,
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: reasoningTokens },
    server_tool_use: null,
    service_tier: null,
  };
}
