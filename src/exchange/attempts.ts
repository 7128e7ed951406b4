import { RouterError } from '../protocol/errors.ts';
import type { Usage } from '../protocol/usage.ts';
import { callProvider } from '../providers/call.ts';
import { readFailure } from '../providers/failure.ts';
import { type Exchange, servedBy } from './exchange.ts';

/** A provider call that came to nothing. */
export interface Failure {
  error: RouterError;
  /** The provider's HTTP status; null where none came. */
  status: number | null;
  /** True once the provider had taken the request on. */
  accepted: boolean;
  /** What it says that it used all the same. */
  usage?: Usage | null;
}

/** What a try of the provider came to. */
export type Tried<T> = { kind: 'answered'; value: T } | { kind: 'failed'; failure: Failure };

// 409 and the rest say the same the second time.
const RETRIED_STATUSES: ReadonlySet<number | null> = new Set([null, 408, 500, 502, 503, 504]);
const MOST_RETRIES = 2;
const LONGEST_RETRY_AFTER_S = 10;
const FIRST_PAUSE_MS = 200;

/** How long to wait before the next try; null where trying again is of no use. */
function pauseBefore(retry: number, { error, status, accepted }: Failure): number | null {
  if (accepted || retry > MOST_RETRIES) return null;
  const asked = error.retryAfter;
  if (asked !== null && asked > LONGEST_RETRY_AFTER_S) return null;
  if (status === 429 ? asked === null : !RETRIED_STATUSES.has(status)) return null;
  // Half fixed, half by chance: clients that failed together shall not come back together.
  const backoff = FIRST_PAUSE_MS * 2 ** (retry - 1) * (0.5 + Math.random() / 2);
  return Math.max(backoff, (asked ?? 0) * 1000);
}

/**
 * Tries the provider until it answers, fails for good, or `mayWait` says that there is no time for another try.
 * Each try goes into the exchange's attempts.
 */
export async function tryProvider<T>(
  exchange: Exchange,
  once: () => Promise<Tried<T>>,
  mayWait: (milliseconds: number) => boolean,
): Promise<Tried<T>> {
  for (let retry = 1; ; retry += 1) {
    const startedAt = Date.now();
    const tried = await once();
    const failure = tried.kind === 'failed' ? tried.failure : null;
    exchange.attempts.push({
      ...servedBy(exchange),
      credential: null,
      status: failure === null ? 200 : failure.status,
      code: failure?.error.code ?? null,
      ms: Date.now() - startedAt,
    });
    exchange.log('attempt', { attempt: retry, status: failure?.status ?? 200, code: failure?.error.code });
    if (failure === null) return tried;
    const pause = pauseBefore(retry, failure);
    if (pause === null || !mayWait(pause)) return tried;
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (!mayWait(0)) return tried;
  }
}

/** Our word for a provider that could not be reached, or broke off. The cause may name hosts, so it is not shown. */
export function unreachable(cause: unknown): RouterError {
  if (cause instanceof RouterError) return cause;
  return new RouterError('upstream_error', 'The connection to the provider failed. Try again.', { cause });
}

/** Our word for a good answer that ends before it is complete. */
export function brokenOff(): RouterError {
  return new RouterError('upstream_error', 'The provider ended its answer before it was complete. Try again.');
}

/** One call of the provider: its good answer, or why there is none. */
export async function callOnce(exchange: Exchange, signal: AbortSignal): Promise<Tried<Response>> {
  const { provider, apiKey, baseUrl } = exchange.target.configured;
  try {
    const response = await callProvider({ provider, apiKey, baseUrl, body: exchange.body, signal });
    if (response.ok) return { kind: 'answered', value: response };
    const error = provider.error(await readFailure(response, [apiKey], Date.now()));
    return { kind: 'failed', failure: { error, status: response.status, accepted: false } };
  } catch (cause) {
    const reason: unknown = signal.aborted ? signal.reason : cause;
    return { kind: 'failed', failure: { error: unreachable(reason), status: null, accepted: false } };
  }
}
