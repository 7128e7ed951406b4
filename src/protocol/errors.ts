import type { JsonObject } from './json.ts';

/**
 * Every error the router can answer with: code → HTTP status and OpenAI error type. The table is closed.
 * `passes` marks what waiting may heal; nobody shall try the rest again before something has changed.
 */
const ERROR_CODES = {
  invalid_api_key: { status: 401, type: 'authentication_error' },
  invalid_credentials: { status: 401, type: 'authentication_error' },
  model_not_allowed: { status: 403, type: 'permission_error' },
  forbidden: { status: 403, type: 'permission_error' },
  model_not_found: { status: 404, type: 'invalid_request_error' },
  not_found: { status: 404, type: 'invalid_request_error' },
  response_not_found: { status: 404, type: 'invalid_request_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  conflict: { status: 409, type: 'invalid_request_error' },
  invalid_json: { status: 400, type: 'invalid_request_error' },
  invalid_encoding: { status: 400, type: 'invalid_request_error' },
  unsupported_encoding: { status: 400, type: 'invalid_request_error' },
  nested_too_deeply: { status: 400, type: 'invalid_request_error' },
  missing_messages: { status: 400, type: 'invalid_request_error' },
  missing_input: { status: 400, type: 'invalid_request_error' },
  missing_model: { status: 400, type: 'invalid_request_error' },
  invalid_value: { status: 400, type: 'invalid_request_error' },
  unsupported_value: { status: 400, type: 'invalid_request_error' },
  unsupported_tool: { status: 400, type: 'invalid_request_error' },
  unpriced_model: { status: 400, type: 'invalid_request_error' },
  invalid_request: { status: 400, type: 'invalid_request_error' },
  context_length_exceeded: { status: 400, type: 'invalid_request_error' },
  content_filter: { status: 400, type: 'invalid_request_error' },
  upgrade_required: { status: 426, type: 'invalid_request_error' },
  unsupported_model: { status: 400, type: 'invalid_request_error' },
  request_too_large: { status: 413, type: 'invalid_request_error' },
  budget_exceeded: { status: 402, type: 'insufficient_quota' },
  rate_limit_exceeded: { status: 429, type: 'rate_limit_error', passes: true },
  concurrency_limit_exceeded: { status: 429, type: 'rate_limit_error', passes: true },
  upstream_auth_error: { status: 502, type: 'api_error' },
  upstream_insufficient_balance: { status: 503, type: 'api_error' },
  upstream_rate_limited: { status: 429, type: 'rate_limit_error', passes: true },
  upstream_overloaded: { status: 503, type: 'api_error', passes: true },
  upstream_error: { status: 502, type: 'api_error', passes: true },
  upstream_timeout: { status: 504, type: 'api_error', passes: true },
  ledger_unavailable: { status: 503, type: 'api_error', passes: true },
  storage_unavailable: { status: 503, type: 'api_error', passes: true },
  invalid_configuration: { status: 500, type: 'api_error' },
  internal_error: { status: 500, type: 'api_error', passes: true },
} as const satisfies Record<string, { status: number; type: string; passes?: true }>;

/** The codes that the table has, and no other. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** What an error may say beside its message. */
export interface ErrorDetails {
  /** The member of the request that was wrong; `body` where it is the whole. */
  param?: string;
  /** Whole seconds; becomes `retry-after`. */
  retryAfter?: number;
  /** False for a request that this error meets again however long one waits. */
  passes?: false;
  /** What else the answer's headers say, such as where a limit stands. */
  headers?: Readonly<Record<string, string>>;
  /** What the client reads as `code` where a provider's own code helps more than ours. */
  providerCode?: string;
  /** What a client's program reads beside the words, where its dialect has a place for it. */
  data?: JsonObject;
  /** What went wrong underneath; logged by name, never shown. */
  cause?: unknown;
}

/** An error that may be shown to the client. Its message says what was wrong and what to do, and holds no secret. */
export class RouterError extends Error {
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfter: number | null;
  /** Whether waiting may heal it. OpenAI's clients try 409, 429 and every 5xx again unless they are told. */
  readonly passes: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly providerCode: string | null;
  readonly data: JsonObject | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RouterError';
    this.code = code;
    this.param = details.param ?? null;
    this.retryAfter = details.retryAfter ?? null;
    this.passes = 'passes' in ERROR_CODES[code] && details.passes !== false;
    this.headers = details.headers ?? {};
    this.providerCode = details.providerCode ?? null;
    this.data = details.data ?? null;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** OpenAI's error envelope; all four keys always. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string };
}

/** The envelope for a body or for an error frame in a stream. What was cut short may end in half a character. */
export function errorBody(error: RouterError): ErrorBody {
  return {
    error: {
      message: error.message.toWellFormed(),
      type: ERROR_CODES[error.code].type,
      param: error.param?.toWellFormed() ?? null,
      code: error.providerCode?.toWellFormed() ?? error.code,
    },
  };
}

/** A fault of ours, where an error is wanted that may be shown. */
export function ownFault(cause: unknown): RouterError {
  return new RouterError('internal_error', 'The router failed on this request. Try again, or tell the operator.', {
    cause,
  });
}

/** One error for all that is wrong with a key, so that nothing is told to a guesser. */
export function invalidKey(): RouterError {
  return new RouterError(
    'invalid_api_key',
    'The API key is not valid. Send "Authorization: Bearer <key>" with a key that your administrator gave you, or ask for a new one.',
  );
}
