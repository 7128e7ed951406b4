import { type Failure, noteAttempt, type Tried } from './attempts.ts';
import type { Exchange } from './exchange.ts';
import { passesOn } from './passes-on.ts';

/** What a request's tries ask of whoever drives it. */
export interface Trying {
  /** One try of the exchange's leg. */
  once(): Promise<Tried>;
  /** What the try that has just ended cost, where it broke off. */
  cost(failure: Failure): number;
  /** True while another target may serve: nobody has been told anything of an answer, and somebody waits for one. */
  mayGoOn(): boolean;
  /** True while the last target may be tried again after a pause of so many milliseconds. */
  mayWait(pause: number): boolean;
}

// 409 and the rest say the same the second time.
const RETRIED_STATUSES: ReadonlySet<number | null> = new Set([null, 408, 500, 502, 503, 504]);
const MOST_RETRIES = 2;
const LONGEST_RETRY_AFTER_S = 10;
const FIRST_PAUSE_MS = 200;

/** How long to wait before the next try of the same; null where trying again is of no use. */
function pauseBefore(retry: number, { stop, status, accepted }: Failure): number | null {
  if (stop.kind !== 'provider_failed' || accepted || retry > MOST_RETRIES) return null;
  const asked = stop.error.retryAfter;
  if (asked !== null && asked > LONGEST_RETRY_AFTER_S) return null;
  if (status === 429 ? asked === null : !RETRIED_STATUSES.has(status)) return null;
  // Half fixed, half by chance: clients that failed together shall not come back together.
  const backoff = FIRST_PAUSE_MS * 2 ** (retry - 1) * (0.5 + Math.random() / 2);
  return Math.max(backoff, (asked ?? 0) * 1000);
}

/** Waits for the last target's next try; false where there is to be none. */
async function waitForAnother(retry: number, failure: Failure, { mayWait }: Trying): Promise<boolean> {
  const pause = pauseBefore(retry, failure);
  if (pause === null || !mayWait(pause)) return false;
  await new Promise((resolve) => setTimeout(resolve, pause));
  return mayWait(0);
}

/** Goes on to what is to be tried next; false where nothing is. What broke off is paid for. */
async function goOn(exchange: Exchange, failure: Failure, { cost, mayGoOn }: Trying): Promise<boolean> {
  if (exchange.legs.isEmpty() || !passesOn(failure) || !mayGoOn()) return false;
  const spent = cost(failure);
  const { target } = exchange.leg;
  if (failure.stop.kind === 'silent') exchange.legs.putBehind(target);
  const next = await exchange.legs.next();
  if (next === null || !mayGoOn()) return false;
  const attempt = exchange.attempts.at(-1);
  if (attempt !== undefined && failure.accepted) attempt.cost_nano_usd = spent;
  exchange.leg = next.leg;
  exchange.credential = next.credential;
  return true;
}

/**
 * Tries what may serve a request, one after the other, until one does, one fails for good, or none is left: then the last
 * is tried again while there is time. A failure that is about the request ends the tries, so the last one helps most.
 */
export async function tryTargets(exchange: Exchange, trying: Trying): Promise<Tried> {
  for (let retry = 1; ; ) {
    const startedAt = Date.now();
    const failure = await trying.once();
    noteAttempt(exchange, failure, startedAt);
    if (failure === null) return null;
    if (await goOn(exchange, failure, trying)) continue;
    // While another is left no try is repeated.
    if (!exchange.legs.isEmpty() || !(await waitForAnother(retry, failure, trying))) return failure;
    retry += 1;
  }
}
