import type { ErrorCode } from '../protocol/errors.ts';
import { isObject, type JsonObject, parseJson } from '../protocol/json.ts';
import { redactBody } from '../protocol/redact.ts';
import { retryAfterSeconds } from './headers.ts';
import type { ProviderFailure } from './provider.ts';

// A complaint is a few hundred characters. What is beyond this is not looked at, wherever it comes from.
const BODY_LIMIT = 64 * 1024;

async function readStart(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  let length = 0;
  try {
    while (length < BODY_LIMIT) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // The connection broke inside an error body: what came is all there is.
  }
  await reader.cancel().catch(() => undefined);
  return text.slice(0, BODY_LIMIT);
}

/** Takes in a provider's failed answer. `secrets` are cut out of it at once; `now` is milliseconds since 1970. */
export async function readFailure(
  response: Response,
  secrets: readonly string[],
  now: number,
): Promise<ProviderFailure> {
  const body = response.body === null ? '' : await readStart(response.body);
  return {
    status: response.status,
    body: redactBody(body, secrets),
    retryAfter: retryAfterSeconds(response.headers, now),
  };
}

/** The failure of a provider whose good status holds an error, or nothing that could be an answer. */
export function failureIn200(text: string, secrets: readonly string[]): ProviderFailure {
  return { status: 200, body: redactBody(text.slice(0, BODY_LIMIT), secrets), retryAfter: null };
}

/** The failure of a provider that says in a finish reason that it failed. */
export function failedFinish(reason: string | null): ProviderFailure {
  return {
    status: 200,
    body: JSON.stringify({ error: { code: reason, message: `finish reason ${reason}` } }),
    retryAfter: null,
  };
}

/** What a provider's error body says, in whatever form it says it. */
export interface ProviderComplaint {
  status: number;
  /** False for pages, garbage and nothing at all: what answered was not the provider's API. */
  isApi: boolean;
  /** The provider's code as text: Z.ai's are numbers in strings, others are words. */
  code: string | null;
  type: string | null;
  param: string | null;
  message: string | null;
}

function word(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** `detail` of FastAPI servers: a text, or a list of faults with `msg`. */
function detailOf(body: JsonObject): string | null {
  const detail = body['detail'];
  if (!Array.isArray(detail)) return word(detail);
  const [first]: unknown[] = detail;
  return isObject(first) ? word(first['msg']) : word(first);
}

/** A sentence where JSON was due, as DeepSeek's parser sends it: https://github.com/carlrobertoh/ProxyAI/issues/907 */
function sentenceOf({ status, body }: ProviderFailure): string | null {
  // Anything else in plain words is a gateway's, and says nothing about the request.
  const isAboutRequest = status === 400 || status === 422;
  const text = body.trim();
  return isAboutRequest && /^\p{Letter}\P{Control}*$/u.test(text) ? text : null;
}

/** Reads an error body by its content, never by its content type: DeepSeek sends octet-stream at times. */
export function readComplaint(failure: ProviderFailure): ProviderComplaint {
  const { status } = failure;
  const body = parseJson(failure.body);
  if (!isObject(body)) {
    const message = body === undefined ? sentenceOf(failure) : null;
    return { status, isApi: message !== null, code: null, type: null, param: null, message };
  }
  const error = isObject(body['error']) ? body['error'] : body;
  const message =
    word(error['message']) ?? word(error['msg']) ?? word(body['error']) ?? word(body['message']) ?? detailOf(body);
  return {
    status,
    isApi: true,
    code: word(error['code']),
    type: word(error['type']),
    param: word(error['param']),
    message,
  };
}

/** Our error → a provider's codes and types that mean it. */
export type ProviderWords = { readonly [Code in ErrorCode]?: readonly string[] };

/** The same by the provider's word: they come from outside, so a Map. */
export function readWords(words: ProviderWords): ReadonlyMap<string, ErrorCode> {
  const entries = Object.entries(words) as [ErrorCode, readonly string[]][]; // the type's own keys and values
  return new Map(entries.flatMap(([code, names]) => names.map((name) => [name, code] as const)));
}

/** What providers share. */
const COMMON_WORDS = readWords({
  upstream_auth_error: ['invalid_api_key', 'authentication_error'],
  upstream_insufficient_balance: ['insufficient_quota', 'insufficient_balance'],
  content_filter: ['content_filter'],
  context_length_exceeded: ['context_length_exceeded'],
  upstream_rate_limited: ['rate_limit_error', 'rate_limit_exceeded'],
  upstream_overloaded: ['overloaded_error'],
});

const NO_MONEY =
  /insufficient (?:balance|funds|quota)|account balance|token quota|billing details|suspended|余额不足|欠费/i;

function byStatus({ status, isApi, message }: ProviderComplaint): ErrorCode {
  if (status === 402) return 'upstream_insufficient_balance';
  if ((status === 403 || status === 429) && NO_MONEY.test(message ?? '')) return 'upstream_insufficient_balance';
  if (status === 401) return 'upstream_auth_error';
  if (status === 413) return 'request_too_large';
  if (status === 429) return 'upstream_rate_limited';
  if (status === 503 || status === 529) return 'upstream_overloaded';
  // A gateway's HTML page says nothing about the request.
  if (!isApi) return 'upstream_error';
  if (status === 403) return 'upstream_auth_error';
  return [400, 404, 405, 415, 422].includes(status) ? 'invalid_request' : 'upstream_error';
}

/**
 * A prompt that does not fit has no code of its own with most: "This model's maximum context length is …" (DeepSeek),
 * "Your request exceeded model token limit" and "model max length exceeded" (Moonshot), "Prompt exceeds max length" (Z.ai).
 * Agents shorten the chat when they read `context_length_exceeded`.
 */
const TOO_LONG =
  /maximum context length|exceeded model token limit|max length exceeded|exceeds max(?:imum)? (?:context )?length|prompt is too long/i;

/** Which of our errors a complaint is: by the provider's own words first, by its HTTP status last. */
export function classify(complaint: ProviderComplaint, words: ReadonlyMap<string, ErrorCode>): ErrorCode {
  const code = classifyByWords(complaint, words);
  return code === 'invalid_request' && TOO_LONG.test(complaint.message ?? '') ? 'context_length_exceeded' : code;
}

function classifyByWords(complaint: ProviderComplaint, words: ReadonlyMap<string, ErrorCode>): ErrorCode {
  for (const word of [complaint.code, complaint.type]) {
    const known = words.get(word ?? '') ?? COMMON_WORDS.get(word ?? '');
    if (known !== undefined) return known;
  }
  if (complaint.status >= 300) return byStatus(complaint);
  // A 200 that holds an error: some put the status it should have had into the code.
  if (complaint.code !== null && /^[45]\d\d$/.test(complaint.code)) {
    return byStatus({ ...complaint, status: Number(complaint.code) });
  }
  return complaint.type === 'invalid_request_error' ? 'invalid_request' : 'upstream_error';
}
