import { setBounded } from '../keys/key-memory.ts';
import type { Refusal, Settlement, Standing } from '../ledger/calls.ts';
import { minuteOf } from '../ledger/windows.ts';
import type { ApiKey } from '../store/schema.ts';

/*
 * What an isolate remembers of refusals, by key id. A key that is refused whatever it asks for costs neither a body read
 * nor a call of its ledger; and of many refusals it tells the ledger a few, and how many more there were. Pure: the time
 * is passed in, ms since 1970. What it holds is gone with the isolate.
 */

/** So many refusals of a key and minute are told one by one. */
const MOST_CALLS = 30;
/** One request in so long is let through to the ledger: a limit may have been raised where this isolate does not see it. */
const ASK_EVERY_MS = 10_000;

interface KnownStanding {
  standing: Standing;
  /** The key as it was then, with its user and team: once one of them has changed nothing of this holds. */
  key: ApiKey;
  since: number;
  askAt: number;
}

interface CountedMinute {
  minute: number;
  calls: number;
  /** The first refusal past the calls, with how many more there were; null while there is none. */
  rest: Settlement | null;
}

export interface RefusalMemory {
  standings: Map<string, KnownStanding>;
  minutes: Map<string, CountedMinute>;
}

/** An empty memory. */
export function newRefusalMemory(): RefusalMemory {
  return { standings: new Map(), minutes: new Map() };
}

/** Keeps the ledger's word on what every request of a key is told, or that it is told nothing. */
export function learnStanding(memory: RefusalMemory, key: ApiKey, standing: Standing | null, now: number): void {
  if (standing === null) memory.standings.delete(key.id);
  else setBounded(memory.standings, key.id, { standing, key, since: now, askAt: now + ASK_EVERY_MS });
}

/** The same no, as it reads some time later. */
function aged(standing: Standing, elapsedMs: number): Refusal {
  const seconds = Math.floor(elapsedMs / 1000);
  const later = <T extends { resetSeconds: number }>(limit: T | null): T | null =>
    limit === null ? null : { ...limit, resetSeconds: Math.max(1, limit.resetSeconds - seconds) };
  const { retryAfter, rateLimits } = standing;
  return {
    ...standing,
    retryAfter: retryAfter === null ? null : Math.max(1, retryAfter - seconds),
    rateLimits: { requests: later(rateLimits.requests), tokens: later(rateLimits.tokens) },
  };
}

function isSame(known: ApiKey, key: ApiKey): boolean {
  const pairs = [
    [known, key],
    [known.user, key.user],
    [known.team, key.team],
  ] as const;
  return pairs.every(([one, other]) => one?.revision === other?.revision && one?.updatedAt === other?.updatedAt);
}

/** What every request of a key is told, as far as is known; null where the ledger is to be asked. */
export function knownRefusal(memory: RefusalMemory, key: ApiKey, now: number): Refusal | null {
  const known = memory.standings.get(key.id);
  if (known === undefined) return null;
  if (!isSame(known.key, key) || now >= known.since + known.standing.lastsMs) {
    memory.standings.delete(key.id);
    return null;
  }
  if (now < known.askAt) return aged(known.standing, now - known.since);
  // This one asks. Those beside it are refused until the answer is there.
  known.askAt = now + ASK_EVERY_MS;
  return null;
}

/** What an earlier minute of a key has left untold, once; null for nothing. */
export function takeRest(memory: RefusalMemory, keyId: string, now: number): Settlement | null {
  const known = memory.minutes.get(keyId);
  if (known === undefined || known.minute >= minuteOf(now)) return null;
  memory.minutes.delete(keyId);
  return known.rest;
}

/** Notes a refusal, and answers what of it is to be told to the ledger now. */
export function countRefusal(memory: RefusalMemory, keyId: string, settlement: Settlement, now: number): Settlement[] {
  const rest = takeRest(memory, keyId, now);
  const counted = memory.minutes.get(keyId) ?? { minute: minuteOf(now), calls: 0, rest: null };
  setBounded(memory.minutes, keyId, counted);
  if (counted.calls < MOST_CALLS) {
    const told = rest === null ? [settlement] : [rest, settlement];
    counted.calls += told.length;
    return told;
  }
  const more = (counted.rest === null ? 0 : (counted.rest.repeated ?? 0) + 1) + (settlement.repeated ?? 0);
  counted.rest = { ...(counted.rest ?? settlement), repeated: more };
  return [];
}

/** The ledger has rows enough of this minute: what comes is only counted. */
export function stopTelling(memory: RefusalMemory, keyId: string, now: number): void {
  const counted = memory.minutes.get(keyId);
  if (counted?.minute === minuteOf(now)) counted.calls = MOST_CALLS;
}
