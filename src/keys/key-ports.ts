import { type Database, openDatabase } from '../store/database.ts';
import { findKeyByHash } from '../store/keys.ts';
import type { ApiKey } from '../store/schema.ts';
import type { KeyPorts } from './find-key.ts';
import { type KeyMemory, type KeyRecord, newKeyMemory } from './key-memory.ts';

/** D1 stalls for seconds now and then; a request does not wait that long. */
const DATABASE_TIMEOUT = 2_000;
const CACHE_TIMEOUT = 1_000;
/** KV's shortest. The record says itself when it was read. */
const CACHE_TTL_SECONDS = 30;
/** How long KV keeps a record for the time when D1 fails. */
const CACHE_EXPIRY_SECONDS = 7 * 24 * 3600;

/** One isolate's memory of keys. It lives as long as the isolate does and is never the truth. */
export const isolateMemory: KeyMemory = newKeyMemory();

/** The KV name of a secret's record. */
function cacheName(hash: string): string {
  return `key:${hash}`;
}

/** Puts a record into KV. */
export async function writeKeyCache(cache: KVNamespace, hash: string, record: KeyRecord): Promise<void> {
  await cache.put(cacheName(hash), JSON.stringify(record), { expirationTtl: CACHE_EXPIRY_SECONDS });
}

async function withTimeout<T>(job: Promise<T>, milliseconds: number): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  try {
    return await Promise.race([job, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a key's row, giving up after two seconds. */
async function readKeyInTime(database: Database, hash: string): Promise<ApiKey | null> {
  return await withTimeout(findKeyByHash(database, hash), DATABASE_TIMEOUT);
}

/** The bindings as `findKey` needs them. `runAfter` is the context's waitUntil with a name for its failures. */
export function keyPorts(
  env: Pick<Cloudflare.Env, 'DB' | 'KEY_CACHE'>,
  runAfter: (name: string, job: Promise<unknown>) => void,
): KeyPorts {
  return {
    memory: isolateMemory,
    now: Date.now,
    async readCache(hash) {
      const options = { type: 'json', cacheTtl: CACHE_TTL_SECONDS } as const;
      const record = await withTimeout(env.KEY_CACHE.get<KeyRecord>(cacheName(hash), options), CACHE_TIMEOUT);
      return typeof record?.readAt === 'number' ? record : null;
    },
    writeCache: (hash, record) => writeKeyCache(env.KEY_CACHE, hash, record),
    readDatabase: (hash) => readKeyInTime(openDatabase(env.DB), hash),
    runAfter,
  };
}
