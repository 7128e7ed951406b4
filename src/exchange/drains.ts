/*
 * Answers that are read on though their client has left cost memory and connections that others need: 128 MB and 6 a
 * Worker. Counted for the isolate, not the request: memory is the isolate's. And by key, so that the clients of one key
 * that leave all at once do not make an estimate of another's bill. https://developers.cloudflare.com/workers/platform/limits/
 */

const MOST_DRAINS = 32;
const MOST_A_KEY = 8;

const running = new Map<string, number>();
let all = 0;

/** Takes a place for reading on without a client; false when all are taken. Give it back with `leaveDrain`. */
export function enterDrain(keyId: string): boolean {
  const own = running.get(keyId) ?? 0;
  if (all >= MOST_DRAINS || own >= MOST_A_KEY) return false;
  running.set(keyId, own + 1);
  all += 1;
  return true;
}

/** Gives a place of `enterDrain` back, once. */
export function leaveDrain(keyId: string): void {
  const rest = (running.get(keyId) ?? 0) - 1;
  if (rest > 0) running.set(keyId, rest);
  else running.delete(keyId);
  all -= 1;
}
