// Streams whose client has left cost memory and connections that others need: 128 MB and 6 a Worker.
const MOST_DRAINS = 32;

/*
 * Counted for the isolate, not the request: memory is the isolate's. https://developers.cloudflare.com/workers/platform/limits/
 */
let running = 0;

/** Takes a place for reading on without a client; false when all are taken. Give it back with `leaveDrain`. */
export function enterDrain(): boolean {
  if (running >= MOST_DRAINS) return false;
  running += 1;
  return true;
}

/** Gives a place of `enterDrain` back, once. */
export function leaveDrain(): void {
  running -= 1;
}
