import { enterDrain, leaveDrain } from './drains.ts';
import type { Stop } from './stop.ts';
import { createTimers, type Timers } from './timers.ts';

/** How long a provider may be silent, and how long it is read without a client. Milliseconds. */
export interface LineTimes {
  firstByteTimeoutMs: number;
  idleTimeoutMs: number;
  drainMs: number;
}

/** The line to the provider for one request: when it must answer, and when it is cut. */
export interface ProviderLine {
  readonly timers: Timers;
  /** Aborted when the provider is to be let go. */
  readonly signal: AbortSignal;
  /** Lets the provider go. The first reason holds. */
  stop(reason: Stop): void;
  /** Why the provider was let go, or null. */
  stopped(): Stop | null;
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

/** Opens the line for a request of this key: from here on the provider's time runs. */
export function openProviderLine(times: LineTimes, keyId: string): ProviderLine {
  const timers = createTimers();
  const abort = new AbortController();
  let reason: Stop | null = null;
  /** Null while nobody waits for the provider: between two calls, and while a slow client is being written to. */
  let waitsSince: number | null = Date.now();
  let hasBytes = false;
  let drainUntil = Number.POSITIVE_INFINITY;
  let isClientGone = false;
  let drain: 'none' | 'running' | 'over' = 'none';

  function stop(why: Stop): void {
    if (reason !== null) return;
    reason = why;
    abort.abort();
  }

  function silenceLimit(): number {
    return hasBytes ? times.idleTimeoutMs : times.firstByteTimeoutMs;
  }

  timers.add({
    due: () => (reason === null ? (waitsSince ?? Date.now()) + silenceLimit() : Number.POSITIVE_INFINITY),
    ring: () => stop({ kind: 'silent', phase: hasBytes ? 'next' : 'first', milliseconds: silenceLimit() }),
  });
  timers.add({
    due: () => (reason === null ? drainUntil : Number.POSITIVE_INFINITY),
    ring: () => stop({ kind: 'client_gone' }),
  });

  return {
    timers,
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
      timers.rearm();
    },
    clientLeft() {
      // A client that leaves after the end takes no place: nobody would give it back.
      if (isClientGone || drain === 'over') return;
      isClientGone = true;
      if (!enterDrain(keyId)) return stop({ kind: 'client_gone' });
      drain = 'running';
      drainUntil = Date.now() + times.drainMs;
      timers.rearm();
    },
    get isClientGone() {
      return isClientGone;
    },
    close() {
      timers.stop();
      if (drain === 'running') leaveDrain(keyId);
      drain = 'over';
    },
  };
}
