import { type ErrorCode, errorBody, type RouterError } from '../../protocol/errors.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { PrintedError } from '../dialect.ts';

// The words that Codex acts on; it asks again for any other. Seen with Codex 0.171, 2026-11.
const WORDS: Partial<Record<ErrorCode, string>> = {
  budget_exceeded: 'insufficient_quota',
  rate_limit_exceeded: 'rate_limit_exceeded',
  concurrency_limit_exceeded: 'rate_limit_exceeded',
  upstream_rate_limited: 'rate_limit_exceeded',
  upstream_overloaded: 'server_is_overloaded',
  context_length_exceeded: 'context_length_exceeded',
};

/** Codex waits as long as the message says, in these words alone. */
function withWait({ message, retryAfter }: RouterError): string {
  if (retryAfter === null || /try again in [\d.]+ ?s/i.test(message)) return message;
  return `${message} Please try again in ${retryAfter}s.`;
}

/** The error of a response that failed. */
export function failureOf(error: RouterError): JsonObject {
  const word = WORDS[error.code];
  const code = word ?? (error.status === 400 ? 'invalid_prompt' : error.code);
  return { code, message: word === 'rate_limit_exceeded' ? withWait(error) : error.message };
}

/** An error before the stream has OpenAI's form. */
export function answerError(error: RouterError): PrintedError {
  return { status: error.status, headers: {}, body: errorBody(error) };
}
