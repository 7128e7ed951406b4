import { RouterError } from '../protocol/errors.ts';
import { enterDrain, leaveDrain } from './drains.ts';
import { createWatch, type Watch } from './watch.ts';

/** How long a provider may be silent, and how long it is read without a client. Milliseconds. */
export interface LineTimes {
  firstByteTimeoutMs: number;
  idleTimeoutMs: number;
  drainMs: number;
}

/** The line to the provider for one request: when it must answer, and when it is cut. */
export interface ProviderLine {
  readonly watch: Watch;
  /** Aborted when the provider is to be let go. */
  readonly signal: AbortSignal;
  /** Lets the provider go. The first reason holds. */
  stop(reason: RouterError): void;
  /** Why the provider was let go, or null. */
  stopped(): RouterError | null;
  /** Before each call of the provider, and after one that failed: between two, nobody waits for it. */
  calling(): void;
  refused(): void;
  /** Before and after each wait for the provider; a slow client's time is not the provider's. */
  waiting(): void;
  received(): void;
  /** The client is gone: read on for the bill, for as long as there is time and room. */
  clientLeft(): void;
  readonly isClientGone: boolean;
  /** To be called when the provider has been read to its end or let go: to abort it then would cost a tenth of a short request. */
  close(): void;
}

function timeout(kind: 'first' | 'next', milliseconds: number): RouterError {
  const what = kind === 'first' ? 'did not begin to answer' : 'fell silent';
  return new RouterError(
    'upstream_timeout',
    `The provider ${what} for ${milliseconds / 1000} seconds. Try again, or ask for less at once.`,
  );
}

const GONE = 'The client left before the answer was complete.';

/** Opens the line: from here on the provider's time runs. */
export function openProviderLine(times: LineTimes): ProviderLine {
  const watch = createWatch();
  const abort = new AbortController();
  let reason: RouterError | null = null;
  /** Null while nobody waits for the provider: between two calls, and while a slow client is being written to. */
  let waitsSince: number | null = Date.now();
  let hasBytes = false;
  let drainUntil = Number.POSITIVE_INFINITY;
  let isClientGone = false;
  let drain: 'none' | 'running' | 'over' = 'none';

  function stop(error: RouterError): void {
    if (reason !== null) return;
    reason = error;
    abort.abort(error);
  }

  function silenceLimit(): number {
    return hasBytes ? times.idleTimeoutMs : times.firstByteTimeoutMs;
  }

  watch.add({
    due: () => (reason === null ? (waitsSince ?? Date.now()) + silenceLimit() : Number.POSITIVE_INFINITY),
    ring: () => stop(timeout(hasBytes ? 'next' : 'first', silenceLimit())),
  });
  watch.add({
    due: () => (reason === null ? drainUntil : Number.POSITIVE_INFINITY),
    ring: () => stop(new RouterError('upstream_timeout', GONE)),
  });

  return {
    watch,
    signal: abort.signal,
    stop,
    stopped: () => reason,
    calling() {
      waitsSince = Date.now();
    },
    refused() {
      waitsSince = null;
    },
    waiting() {
      // Headers are no bytes of the answer: it has been waited for since the call.
      waitsSince ??= Date.now();
    },
    received() {
      waitsSince = null;
      if (hasBytes) return;
      hasBytes = true;
      watch.rearm();
    },
    clientLeft() {
      // A client that leaves after the end takes no place: nobody would give it back.
      if (isClientGone || drain === 'over') return;
      isClientGone = true;
      if (!enterDrain()) return stop(new RouterError('upstream_timeout', GONE));
      drain = 'running';
      drainUntil = Date.now() + times.drainMs;
      watch.rearm();
    },
    get isClientGone() {
      return isClientGone;
    },
    close() {
      watch.stop();
      if (drain === 'running') leaveDrain();
      drain = 'over';
    },
  };
}
