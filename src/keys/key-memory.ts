import type { ApiKey } from '../store/schema.ts';

/** What was read of a secret's hash, and when (ms since 1970) the read from D1 began. */
export interface KeyRecord {
  /** Null where D1 knew no such secret. */
  key: ApiKey | null;
  readAt: number;
}

/** What an isolate remembers of keys, by SHA-256 of the secret. Bounded: the oldest entry goes first. */
export interface KeyMemory {
  records: Map<string, KeyRecord>;
  /** Hashes that D1 did not know: apart, so that guesses never push out a key. */
  unknown: Map<string, KeyRecord>;
  /** What KV is known to hold. */
  cached: Map<string, KeyRecord>;
  /** When a read was last tried for a hash, so that an outage is not met on each request. */
  triedAt: Map<string, number>;
}

const KNOWN_CAPACITY = 10_000;
const UNKNOWN_CAPACITY = 1_000;

/** An empty memory. */
export function newKeyMemory(): KeyMemory {
  return { records: new Map(), unknown: new Map(), cached: new Map(), triedAt: new Map() };
}

/** Sets an entry as the newest of its map, and drops the oldest one past the capacity. */
export function setBounded<T>(map: Map<string, T>, name: string, value: T, capacity: number = KNOWN_CAPACITY): void {
  map.delete(name);
  map.set(name, value);
  if (map.size <= capacity) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

/** Remembers a record unless a newer one is there: reads may finish out of order. */
export function remember(memory: KeyMemory, hash: string, record: KeyRecord): void {
  const known = memory.records.get(hash);
  if (known !== undefined && known.readAt > record.readAt) return;
  if (record.key === null) {
    memory.records.delete(hash);
    setBounded(memory.unknown, hash, record, UNKNOWN_CAPACITY);
  } else {
    memory.unknown.delete(hash);
    setBounded(memory.records, hash, record);
  }
}
