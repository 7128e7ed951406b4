import type { RequestDraft } from './request-draft.ts';

/*
 * JSON readers written in Go take `MAX_TOKENS` for `max_tokens`, and of two the last one:
 * https://pkg.go.dev/encoding/json#Unmarshal ("accepting a case-insensitive match"). What a provider might read
 * in place of what we read would be a second limit, a second model or a second list of tools, behind our back.
 */

/** Members of a request that decide what it may cost, whom it is for and what it may do. */
const DECISIVE_NAMES: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'user_id', 'prompt_cache_options'],
  ...['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n', 'best_of', 'candidate_count'],
  ...['tools', 'tool_choice', 'functions', 'function_call', 'thinking', 'reasoning_effort'],
  ...['web_search_options', 'enable_search', 'search_parameters', 'plugins', 'mcp_servers'],
]);

/** A name as a reader takes it that does not look at case; `ſ` and the Kelvin sign are an s and a k to Go. */
function foldName(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** True for another spelling of one of these names. */
export function isOtherSpelling(name: string, names: ReadonlySet<string>): boolean {
  return !names.has(name) && names.has(foldName(name));
}

/**
 * Takes out what is a decisive member in another spelling: no client means it, and no provider documents it.
 * `limit` is the provider's own name for the limit of an answer.
 */
export function dropOtherSpellings(draft: RequestDraft, limit: string): void {
  const limits = new Set([limit]);
  for (const name of Object.keys(draft.request)) {
    if (isOtherSpelling(name, DECISIVE_NAMES) || isOtherSpelling(name, limits))
      draft.remove(name, `another spelling of ${foldName(name)}`);
  }
}
