import { secretsOf } from '../providers/credentials.ts';
import { readFailure } from '../providers/failure.ts';
import { type Exchange, servedBy } from './exchange.ts';
import { logStage } from './incoming.ts';
import { brokenOff, unreachable } from './provider-failure.ts';
import type { ProviderLine } from './provider-line.ts';
import { errorOf, type Stop } from './stop.ts';

/** A try that came to nothing. */
export interface Failure {
  stop: Stop;
  /** The provider's HTTP status; null where none came. */
  status: number | null;
  /** True once the provider had taken the request on. */
  accepted: boolean;
}

/** What a try of the provider came to; null for one that served. */
export type Tried = Failure | null;

// 409 and the rest say the same the second time.
const RETRIED_STATUSES: ReadonlySet<number | null> = new Set([null, 408, 500, 502, 503, 504]);
const MOST_RETRIES = 2;
const LONGEST_RETRY_AFTER_S = 10;
const FIRST_PAUSE_MS = 200;

/** How long to wait before the next try; null where trying again is of no use. */
function pauseBefore(retry: number, { stop, status, accepted }: Failure): number | null {
  if (stop.kind !== 'provider_failed' || accepted || retry > MOST_RETRIES) return null;
  const asked = stop.error.retryAfter;
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
export async function tryProvider(
  exchange: Exchange,
  once: () => Promise<Tried>,
  mayWait: (milliseconds: number) => boolean,
): Promise<Tried> {
  for (let retry = 1; ; retry += 1) {
    const startedAt = Date.now();
    const failure = await once();
    const status = failure === null ? 200 : failure.status;
    const code = failure === null ? null : errorOf(failure.stop).code;
    exchange.attempts.push({ ...servedBy(exchange), credential: null, status, code, ms: Date.now() - startedAt });
    logStage(exchange.incoming, 'attempt', { attempt: retry, status, code });
    if (failure === null) return null;
    const pause = pauseBefore(retry, failure);
    if (pause === null || !mayWait(pause)) return failure;
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (!mayWait(0)) return failure;
  }
}

/** A provider's answer whose status is good, or why there is none. */
export type Called = { kind: 'answered'; body: ReadableStream<Uint8Array> } | { kind: 'failed'; failure: Failure };

/** One call of the provider. */
export async function callOnce(exchange: Exchange, line: ProviderLine): Promise<Called> {
  const { configured } = exchange.leg.target;
  const { provider } = configured;
  line.calling();
  let response: Response;
  try {
    response = await exchange.leg.call(line.signal);
    if (response.ok && response.body !== null) return { kind: 'answered', body: response.body };
    const error = response.ok
      ? brokenOff()
      : provider.error(await readFailure(response, secretsOf(configured), Date.now()));
    line.refused();
    return {
      kind: 'failed',
      failure: { stop: { kind: 'provider_failed', error }, status: response.status, accepted: response.ok },
    };
  } catch (cause) {
    line.refused();
    const stop = line.stopped() ?? { kind: 'provider_failed', error: unreachable(cause) };
    return { kind: 'failed', failure: { stop, status: null, accepted: false } };
  }
}
