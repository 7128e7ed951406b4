import type { ErrorCode, RouterError } from '../../protocol/errors.ts';
import type { PrintedError } from '../dialect.ts';

// Where our status does not give the type away. https://docs.anthropic.com/en/api/errors
const TYPES: Partial<Record<ErrorCode, string>> = {
  budget_exceeded: 'billing_error',
  upstream_overloaded: 'overloaded_error',
  upstream_timeout: 'timeout_error',
};

const TYPES_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  409: 'invalid_request_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
};

// Anthropic's own status for a provider that is overloaded.
const OVERLOADED = 529;

/** The two numbers that a provider tells of a full context: what was sent, and the most there may be. */
function tokensTold(message: string): { sent: number; most: number } | null {
  const numbers = (message.match(/\d[\d,]{2,}/g) ?? []).map((text) => Number(text.replaceAll(',', '')));
  const sent = Math.max(...numbers);
  const most = Math.max(...numbers.filter((number) => number < sent));
  return Number.isFinite(most) ? { sent, most } : null;
}

/** Claude Code makes its history shorter on these words alone: https://docs.anthropic.com/en/docs/claude-code, 2026-08. */
function messageOf({ code, message }: RouterError): string {
  if (code !== 'context_length_exceeded') return message;
  const told = tokensTold(message);
  return told === null
    ? `prompt is too long: ${message}`
    : `prompt is too long: ${told.sent} tokens > ${told.most} maximum`;
}

/** An error's body, as an answer and as an event of a stream. */
export function printError(error: RouterError, requestId: string) {
  const { code, data, status } = error;
  return {
    type: 'error',
    error: {
      type: TYPES[code] ?? TYPES_BY_STATUS[status] ?? 'api_error',
      message: messageOf(error),
      ...(data === null ? {} : { details: data }),
    },
    request_id: requestId,
  };
}

/** An error as Anthropic's clients read it. */
export function answerError(error: RouterError, requestId: string): PrintedError {
  const status = error.code === 'upstream_overloaded' ? OVERLOADED : error.status;
  return { status, headers: { 'request-id': requestId }, body: printError(error, requestId) };
}
