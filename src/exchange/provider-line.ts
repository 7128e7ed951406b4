import { enterDrain, leaveDrain } from './drains.ts';
import type { Stop } from './stop.ts';
import { createTimers, type Timers } from './timers.ts';

/** How long a provider may be silent, and how long it is read without a client. Milliseconds. */
export interface LineTimes {
  firstByteTimeoutMs: number;
  idleTimeoutMs: number;
  drainMs: number;
}

/** The line to the providers for one request: when they must answer, and when it is cut. */
export interface ProviderLine {
  readonly timers: Timers;
  /** Aborted when the provider that is being called is to be let go. */
  signal(): AbortSignal;
  /** Ends the request: the provider is let go, and no other is called. The first reason holds. */
  stop(reason: Stop): void;
  /** Why the request was ended, or null. */
  stopped(): Stop | null;
  /** Why the provider that is being called was let go, or null: the request's end, or its own silence. */
  letGo(): Stop | null;
  /**
   * Before each call of a provider, and after one that failed: between two, nobody waits for it. `firstEvent` is null where
   * there is no other to be left for.
   */
  calling(firstEvent: FirstEvent | null): void;
  refused(): void;
  /** Before and after each wait for the provider; a slow client's time is not the provider's. */
  waiting(): void;
  received(): void;
  /** The provider's first event has come. Comments and blank lines are none. */
  heard(): void;
  /** The client is gone: read on for the bill, for as long as there is time and room. */
  clientLeft(): void;
  isClientGone(): boolean;
  /** To be called when the provider has been read to its end or let go: to abort it then would cost a tenth of a short request. */
  close(): void;
}

/** A provider that may be left for another where it says nothing. */
export interface FirstEvent {
  /** How long it has, in ms. */
  within: number;
  /** Asked when that is over: true where another can be called in its place. */
  mayLeave(): Promise<boolean>;
}

/** One call of a provider. */
interface Call {
  abort: AbortController;
  /** Why it was let go, where that was not the request's end. */
  reason: Stop | null;
  hasBytes: boolean;
  /** Null where nothing hangs on it, and once it has come. */
  firstEvent: FirstEvent | null;
  /** By when it is to come, ms since 1970. */
  firstEventBy: number;
}

function newCall(firstEvent: FirstEvent | null): Call {
  const firstEventBy = Date.now() + (firstEvent?.within ?? 0);
  return { abort: new AbortController(), reason: null, hasBytes: false, firstEvent, firstEventBy };
}

/** Reading on without a client, for as long as there is time and room. `giveUp` is called where there is not. */
function openDrain(timers: Timers, drainMs: number, keyId: string, giveUp: () => void) {
  let until = Number.POSITIVE_INFINITY;
  let state: 'none' | 'running' | 'over' = 'none';
  timers.add({
    due: () => until,
    ring() {
      until = Number.POSITIVE_INFINITY;
      giveUp();
    },
  });
  return {
    isOver: () => state === 'over',
    begin() {
      if (!enterDrain(keyId)) return giveUp();
      state = 'running';
      until = Date.now() + drainMs;
      timers.rearm();
    },
    end() {
      if (state === 'running') leaveDrain(keyId);
      state = 'over';
    },
  };
}

/** Opens the line for a request of this key: from here on the provider's time runs. */
export function openProviderLine(times: LineTimes, keyId: string): ProviderLine {
  const timers = createTimers();
  let call = newCall(null);
  let reason: Stop | null = null;
  /** Null while nobody waits for the provider: between two calls, and while a slow client is being written to. */
  let waitsSince: number | null = Date.now();
  let isClientGone = false;

  const isLetGo = () => reason !== null || call.reason !== null;

  function stop(why: Stop): void {
    if (reason !== null) return;
    reason = why;
    call.abort.abort();
  }

  /** Leaves a provider that has said nothing, where there is another. */
  async function leave(late: Call, { mayLeave, within }: FirstEvent): Promise<void> {
    late.firstEventBy = Number.POSITIVE_INFINITY;
    const may = await mayLeave().catch(() => false);
    if (may && call === late && late.firstEvent !== null && !isClientGone) giveUp('first', within);
  }

  function giveUp(phase: 'first' | 'next', milliseconds: number): void {
    if (isLetGo()) return;
    call.reason = { kind: 'silent', phase, milliseconds };
    call.abort.abort();
  }

  const silenceLimit = () => (call.hasBytes ? times.idleTimeoutMs : times.firstByteTimeoutMs);

  timers.add({
    due: () => (isLetGo() ? Number.POSITIVE_INFINITY : (waitsSince ?? Date.now()) + silenceLimit()),
    ring: () => giveUp(call.hasBytes ? 'next' : 'first', silenceLimit()),
  });
  timers.add({
    // Nobody is left to be served by another.
    due: () => (isLetGo() || isClientGone || call.firstEvent === null ? Number.POSITIVE_INFINITY : call.firstEventBy),
    ring: () => (call.firstEvent === null ? undefined : void leave(call, call.firstEvent)),
  });
  const drain = openDrain(timers, times.drainMs, keyId, () => stop({ kind: 'client_gone' }));

  return {
    timers,
    signal: () => call.abort.signal,
    stop,
    stopped: () => reason,
    letGo: () => reason ?? call.reason,
    calling(firstEvent) {
      call = newCall(firstEvent);
      if (reason !== null) call.abort.abort();
      waitsSince = Date.now();
      timers.rearm();
    },
    refused() {
      waitsSince = null;
      call.firstEvent = null;
    },
    waiting() {
      // Headers are no bytes of the answer: it has been waited for since the call.
      waitsSince ??= Date.now();
    },
    received() {
      waitsSince = null;
      if (call.hasBytes) return;
      call.hasBytes = true;
      timers.rearm();
    },
    heard() {
      call.firstEvent = null;
    },
    clientLeft() {
      // A client that leaves after the end takes no place: nobody would give it back.
      if (isClientGone || drain.isOver()) return;
      isClientGone = true;
      drain.begin();
    },
    isClientGone: () => isClientGone,
    close() {
      timers.stop();
      drain.end();
    },
  };
}
