/** Something that is due at some time, and may be put off meanwhile. */
interface Alarm {
  /** Milliseconds since 1970, or Infinity while it is not wanted. May move on without notice; call `rearm` when it comes nearer. */
  due(): number;
  ring(): void;
}

/** All the waiting of one request, on one timer. */
export interface Timers {
  add(alarm: Alarm): void;
  /** To be called when something may be due sooner than it was. */
  rearm(): void;
  stop(): void;
}

// Timers beyond this are cut to it, and simply look again. setTimeout counts in 32 bits.
const LONGEST_WAIT_MS = 3_600_000;

/** One timer for any number of alarms: a stream of thousands of chunks sets it a handful of times. */
export function createTimers(): Timers {
  const alarms: Alarm[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let armedFor = Number.POSITIVE_INFINITY;
  let stopped = false;

  function rearm(): void {
    if (stopped) return;
    const next = Math.min(...alarms.map((alarm) => alarm.due()));
    // A timer that rings too soon looks again; to set another costs more than that.
    if (next >= armedFor) return;
    if (timer !== undefined) clearTimeout(timer);
    armedFor = next;
    timer = setTimeout(tick, Math.min(Math.max(next - Date.now(), 0), LONGEST_WAIT_MS));
  }

  function tick(): void {
    armedFor = Number.POSITIVE_INFINITY;
    const now = Date.now();
    for (const alarm of alarms) if (!stopped && alarm.due() <= now) alarm.ring();
    rearm();
  }

  return {
    add(alarm) {
      alarms.push(alarm);
      // Alarms come in groups, which share a timer.
      if (alarms.length === 1) queueMicrotask(rearm);
      else if (armedFor !== Number.POSITIVE_INFINITY) rearm();
    },
    rearm,
    stop() {
      stopped = true;
      if (timer !== undefined) clearTimeout(timer);
    },
  };
}
