import { RouterError } from '../protocol/errors.ts';
import { hasLedger } from '../protocol/ledger-place.ts';
import { openDatabase } from '../store/database.ts';
import { getKey, liveKeysOf } from '../store/keys.ts';
import type { ApiKey } from '../store/schema.ts';
import { remember, setBounded } from './key-memory.ts';
import { isolateMemory, writeKeyCache } from './key-ports.ts';
import { type Ledgers, ledgerOf } from './ledger-of.ts';

/** Where a key is known beside D1. */
export interface KeyPlaces {
  DB: D1Database;
  KEY_CACHE: KVNamespace;
  KEY_LEDGER: Ledgers<{ sync(key: ApiKey): Promise<unknown> }>;
}

/** How often telling the ledger is tried. */
const ATTEMPTS = 3;

async function tellLedger(env: KeyPlaces, key: ApiKey): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ledgerOf(env.KEY_LEDGER, key).sync(key);
      return;
    } catch (cause) {
      if (attempt < ATTEMPTS) continue;
      const message = `The change of key ${key.id} is stored, but its ledger does not answer: it holds within 60 s.`;
      throw new RouterError('ledger_unavailable', message, { retryAfter: 5, cause });
    }
  }
}

/**
 * Tells this isolate's memory and KV what was read of a key at `readAt` (ms since 1970), by all its secrets and those
 * that it has no more. KV is never the authority, and refuses more than one write a second: it may fail.
 */
export async function learnKey(
  env: Pick<KeyPlaces, 'KEY_CACHE'>,
  key: ApiKey,
  readAt: number,
  droppedHashes: readonly string[] = [],
): Promise<void> {
  const hashes = [key.hash, ...(key.previousHash === null ? [] : [key.previousHash]), ...droppedHashes];
  const record = { key, readAt };
  for (const hash of hashes) remember(isolateMemory, hash, record);
  // KV is for the time when D1 fails, and then a key that was never used is not served.
  if (!hasLedger(key)) return;
  await Promise.allSettled(
    hashes.map(async (hash) => {
      await writeKeyCache(env.KEY_CACHE, hash, record);
      setBounded(isolateMemory.cached, hash, record);
    }),
  );
}

async function spread(env: KeyPlaces, key: ApiKey, readAt: number, droppedHashes: readonly string[]): Promise<void> {
  await learnKey(env, key, readAt, droppedHashes);
  // A key that was never used has none, and gets none here: its first request reads the key again after making it known.
  if (hasLedger(key)) await tellLedger(env, key);
}

/**
 * Makes a change of a key hold from the next request on, everywhere: reads D1, then tells memory, KV and the ledger.
 * `droppedHashes` are secrets that the row no longer holds. Null where there is no such key.
 * Throws RouterError `ledger_unavailable` when the ledger cannot be told.
 */
export async function refreshKey(
  env: KeyPlaces,
  id: string,
  droppedHashes: readonly string[] = [],
): Promise<ApiKey | null> {
  const readAt = Date.now();
  const key = await getKey(openDatabase(env.DB), id);
  if (key !== null) await spread(env, key, readAt, droppedHashes);
  return key;
}

/** A Worker may make some hundred calls: so many keys are made known everywhere, for some calls each. */
const MOST_KEYS = 100;
/** Of more keys those in use are told of at their ledgers alone, a call each: there a change holds, whoever asks. */
const MOST_LEDGERS = 450;

/**
 * The same for the keys of a person or of a team's members, after that was changed. Revoked keys are refused whatever
 * their owner may do. Throws where there are more than can be told at once: the rest hear of it with their next reading.
 */
export async function refreshKeysOf(env: KeyPlaces, whose: { owner: string } | { team: string }): Promise<void> {
  const readAt = Date.now();
  const keys = await liveKeysOf(openDatabase(env.DB), whose, MOST_LEDGERS + 1);
  if (keys.length <= MOST_KEYS) {
    await Promise.all(keys.map((key) => spread(env, key, readAt, [])));
    return;
  }
  // Those that were used come first; the others read themselves again before their first request.
  const used = keys.filter(hasLedger);
  await Promise.all(used.slice(0, MOST_LEDGERS).map((key) => tellLedger(env, key)));
  if (used.length <= MOST_LEDGERS) return;
  const message = 'The change is stored, and there are more keys than are told at once: it holds within 60 s.';
  throw new RouterError('ledger_unavailable', message, { retryAfter: 5 });
}
