import { CATALOG_TABLES } from '../catalog/rows.ts';
import { inTime } from '../in-time.ts';
import { readCatalog } from '../store/catalog.ts';
import { openDatabase } from '../store/database.ts';
import type { CatalogMemory, CatalogPorts, CatalogRecord } from './find-catalog.ts';

/** D1 stalls for seconds now and then; a request does not wait that long. In ms. */
const DATABASE_TIMEOUT = 2_000;
const CACHE_TIMEOUT = 1_000;
/** KV's shortest. The record says itself when it was read. */
const CACHE_TTL_SECONDS = 30;
/** How long KV keeps it for the time when D1 fails. */
const CACHE_EXPIRY_SECONDS = 7 * 24 * 3600;
const CACHE_NAME = 'catalog';

/** One isolate's memory. It lives as long as the isolate does and is never the truth. */
export const isolateMemory: CatalogMemory = { record: null, triedAt: 0 };

/** Where the catalogue's rows are. */
export type CatalogPlaces = Pick<Cloudflare.Env, 'DB' | 'KEY_CACHE'>;

/** Whether what KV had is a whole record: a version to come may keep it otherwise. */
function isRecord(record: CatalogRecord | null): record is CatalogRecord {
  if (typeof record?.readAt !== 'number' || typeof record.rows?.revision !== 'string') return false;
  const { rows } = record;
  return CATALOG_TABLES.every((table) => Array.isArray(rows[table]));
}

/** The bindings as `findCatalog` needs them. `runAfter` is the context's waitUntil with a name for its failures. */
export function catalogPorts(
  env: CatalogPlaces,
  runAfter: (name: string, job: Promise<unknown>) => void,
): CatalogPorts {
  return {
    memory: isolateMemory,
    now: Date.now,
    async readCache() {
      const options = { type: 'json', cacheTtl: CACHE_TTL_SECONDS } as const;
      const record = await inTime(CACHE_TIMEOUT, env.KEY_CACHE.get<CatalogRecord>(CACHE_NAME, options));
      return isRecord(record) ? record : null;
    },
    async writeCache(record) {
      await env.KEY_CACHE.put(CACHE_NAME, JSON.stringify(record), { expirationTtl: CACHE_EXPIRY_SECONDS });
    },
    readDatabase: (known) => inTime(DATABASE_TIMEOUT, readCatalog(openDatabase(env.DB), known)),
    runAfter,
  };
}
