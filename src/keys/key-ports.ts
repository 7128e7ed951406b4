import { inTime } from '../in-time.ts';
import { openDatabase } from '../store/database.ts';
import { findKeyByHash } from '../store/keys.ts';
import type { KeyPorts } from './find-key.ts';
import { type KeyMemory, type KeyRecord, newKeyMemory } from './key-memory.ts';

/** D1 stalls for seconds now and then; a request does not wait that long. In ms. */
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
      const record = await inTime(CACHE_TIMEOUT, env.KEY_CACHE.get<KeyRecord>(cacheName(hash), options));
      return typeof record?.readAt === 'number' ? record : null;
    },
    writeCache: (hash, record) => writeKeyCache(env.KEY_CACHE, hash, record),
    readDatabase: (hash) => inTime(DATABASE_TIMEOUT, findKeyByHash(openDatabase(env.DB), hash)),
    runAfter,
  };
}
