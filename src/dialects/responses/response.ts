import type { JsonObject } from '../../protocol/json.ts';
import type { Usage } from '../../protocol/usage.ts';
import type { AnswerFacts, Ending } from '../dialect.ts';

/** Usage in the words of Responses; clients need both details. */
function printUsage(usage: Usage): JsonObject {
  const { cacheWriteTokens, cachedTokens, inputTokens, outputTokens, reasoningTokens } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}

/** Our ids in the form of Responses: `resp_`, `msg_`, `rs_`, `fc_` and the like, each with the place of its item. */
export function idOf(prefix: string, requestId: string, index?: number): string {
  const own = requestId.replace(/^req_/, '');
  return index === undefined ? `${prefix}_${own}` : `${prefix}_${own}${index.toString(36).padStart(2, '0')}`;
}

/**
 * A whole response object with every key that the Open Responses specification asks for, null where nothing is known:
 * https://www.openresponses.org (2026-04). Instructions and tools are not sent back three times.
 */
export function printResponse(facts: AnswerFacts, echo: JsonObject, members: JsonObject): JsonObject {
  return {
    id: idOf('resp', facts.requestId),
    object: 'response',
    created_at: facts.created,
    completed_at: null,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: null,
    max_tool_calls: null,
    model: facts.requestedModel,
    output: [],
    previous_response_id: null,
    store: false,
    background: false,
    tools: [],
    top_logprobs: 0,
    truncation: 'disabled',
    usage: null,
    user: null,
    safety_identifier: null,
    prompt_cache_key: null,
    service_tier: 'default',
    presence_penalty: 0,
    frequency_penalty: 0,
    ...echo,
    ...members,
  };
}

const INCOMPLETE: Readonly<Record<string, string>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
};

/** How a response ended, as its members say it. */
export function printEnd({ finishReason, usage }: Ending, created: number): JsonObject {
  const reason = finishReason === null ? undefined : INCOMPLETE[finishReason];
  const end =
    reason === undefined
      ? { status: 'completed', completed_at: created }
      : { status: 'incomplete', incomplete_details: { reason } };
  return { ...end, usage: printUsage(usage) };
}
