import { hasLedger } from '../protocol/ledger-place.ts';
import { freshnessAt } from '../store/freshness.ts';
import type { ApiKey } from '../store/schema.ts';
import { judgeKey, type KeyRefusal } from './judge-key.ts';
import { type KeyMemory, type KeyRecord, remember, setBounded } from './key-memory.ts';
import { hashSecret, isWellFormed } from './secret.ts';

/*
 * Isolate memory, then D1; `freshness.ts` says when it is read again. Only while D1 fails is a known record used longer:
 * that is what KV is for. A write of it costs as much as ten reads, so it is written when it says something new, and once
 * a day.
 */

/** A record that refuses is read again from D1 when it is older than this, so that enabling works at once. */
const REFUSAL_AGE = 1_000;
/** A record that KV has had for so long is written again: it forgets after a week. */
const CACHE_AGE = 86_400_000;

/** What finding a key needs of the world. */
export interface KeyPorts {
  memory: KeyMemory;
  /** Milliseconds since 1970. */
  now(): number;
  /** Reads the shared cache; null on a miss. May throw. */
  readCache(hash: string): Promise<KeyRecord | null>;
  writeCache(hash: string, record: KeyRecord): Promise<void>;
  /** Reads D1; throws when it fails or takes too long. */
  readDatabase(hash: string): Promise<ApiKey | null>;
  /** Lets a job outlive the request. */
  runAfter(name: string, job: Promise<unknown>): void;
}

/** What a presented secret turned out to be. */
export type FoundKey =
  | { kind: 'found'; key: ApiKey; keyHash: string }
  /** Cannot be a key of ours: told without any I/O. */
  | { kind: 'malformed' }
  | { kind: 'unknown' }
  | { kind: 'refused'; key: ApiKey; keyHash: string; reason: KeyRefusal }
  /** D1 does not answer and nobody has seen the key before. */
  | { kind: 'unavailable' };

async function readCacheSafely(ports: KeyPorts, hash: string): Promise<KeyRecord | null> {
  try {
    return await ports.readCache(hash);
  } catch {
    return null;
  }
}

/**
 * Whether KV may be of use with a record. A key that has no ledger has never been used, and is not served while D1
 * fails; a hash that nobody knows is told to KV only over a record that was there.
 */
function isWorthCaching({ memory }: KeyPorts, hash: string, { key }: KeyRecord): boolean {
  return key === null ? memory.records.has(hash) : hasLedger(key);
}

/** Writes a record to KV, where that does not hold the same already. */
async function cacheRecord(ports: KeyPorts, hash: string, record: KeyRecord): Promise<void> {
  const cached = ports.memory.cached.get(hash) ?? (await readCacheSafely(ports, hash));
  const isSame = cached !== null && JSON.stringify(cached.key) === JSON.stringify(record.key);
  if (isSame && record.readAt - cached.readAt < CACHE_AGE) {
    setBounded(ports.memory.cached, hash, cached);
  } else {
    await ports.writeCache(hash, record);
    setBounded(ports.memory.cached, hash, record);
  }
}

/** Reads D1 and tells memory and, where it is news, KV. */
async function readThrough(ports: KeyPorts, hash: string): Promise<KeyRecord> {
  const readAt = ports.now();
  setBounded(ports.memory.triedAt, hash, readAt);
  const record = { key: await ports.readDatabase(hash), readAt };
  const isWorth = isWorthCaching(ports, hash, record);
  remember(ports.memory, hash, record);
  ports.memory.triedAt.delete(hash);
  if (isWorth) ports.runAfter('write the key cache', cacheRecord(ports, hash, record));
  return record;
}

/** A record as D1 has it; while D1 fails the newest that is known; null for none. */
async function readRecord(ports: KeyPorts, hash: string): Promise<KeyRecord | null> {
  try {
    return await readThrough(ports, hash);
  } catch {
    const known = ports.memory.records.get(hash);
    if (known !== undefined) return known;
    const cached = await readCacheSafely(ports, hash);
    // Kept with its age, so that D1 is asked again as soon as it answers.
    if (cached !== null) remember(ports.memory, hash, cached);
    return cached;
  }
}

/** What is known now, read as often as the record's age and its verdict ask for. */
async function currentRecord(ports: KeyPorts, hash: string): Promise<KeyRecord | null> {
  const known = ports.memory.records.get(hash) ?? ports.memory.unknown.get(hash);
  if (known === undefined) return await readRecord(ports, hash);
  const now = ports.now();
  if (known.key === null) return now - known.readAt < REFUSAL_AGE ? known : await readRecord(ports, hash);
  const freshness = freshnessAt(now, known.readAt, ports.memory.triedAt.get(hash) ?? 0);
  if (freshness === 'fresh') return known;
  if (freshness === 'old') return (await readRecord(ports, hash)) ?? known;
  setBounded(ports.memory.triedAt, hash, now);
  ports.runAfter('read a key again', readRecord(ports, hash));
  return known;
}

/** Finds the key of a secret and says whether it may be used now. Never throws for a fault of storage. */
export async function findKey(secret: string, ports: KeyPorts): Promise<FoundKey> {
  if (!isWellFormed(secret)) return { kind: 'malformed' };
  const keyHash = await hashSecret(secret);
  let record = await currentRecord(ports, keyHash);
  if (record?.key && ports.now() - record.readAt > REFUSAL_AGE) {
    const verdict = judgeKey(record.key, keyHash, ports.now());
    // Revoked is final: who goes on asking costs D1 nothing.
    if (verdict !== null && verdict !== 'revoked') record = (await readRecord(ports, keyHash)) ?? record;
  }
  if (record === null) return { kind: 'unavailable' };
  if (record.key === null) return { kind: 'unknown' };
  const verdict = judgeKey(record.key, keyHash, ports.now());
  if (verdict === null) return { kind: 'found', key: record.key, keyHash };
  if (verdict === 'unknown') return { kind: 'unknown' };
  return { kind: 'refused', key: record.key, keyHash, reason: verdict };
}
