import type { Catalog } from '../catalog/lookup.ts';
import { RouterError } from '../protocol/errors.ts';
import type { StoredCatalog } from '../store/catalog.ts';
import { type CatalogPlaces, catalogPorts, isolateMemory } from './catalog-ports.ts';
import { findCatalog, readCatalogNow } from './find-catalog.ts';
import { knownCatalog, NO_ROWS, type Offered, offeredOf } from './offered.ts';

type RunAfter = (name: string, job: Promise<unknown>) => void;

/** The catalogue's rows as this isolate knows them, less than a minute old while D1 answers; null where nobody can tell. */
export function findRows(env: CatalogPlaces, runAfter: RunAfter): Promise<StoredCatalog | null> {
  return findCatalog(catalogPorts(env, runAfter));
}

/** The same as D1 has them now. Throws where it does not answer. */
export async function readRowsNow(env: CatalogPlaces, runAfter: RunAfter): Promise<StoredCatalog> {
  return (await readCatalogNow(catalogPorts(env, runAfter))).rows;
}

/**
 * What rows that were found come to. Throws RouterError `storage_unavailable` where none were, and
 * `invalid_configuration` for a variable that is wrong.
 */
export function offeredFrom(env: Cloudflare.Env, rows: StoredCatalog | null): Offered {
  if (rows !== null) return offeredOf(env, rows);
  const message = 'The catalogue could not be read at the moment. Try again shortly.';
  throw new RouterError('storage_unavailable', message, { retryAfter: 2 });
}

/** What this deployment offers, as this isolate knows it. Throws as `offeredFrom` does. */
export async function findOffered(env: Cloudflare.Env, runAfter: RunAfter): Promise<Offered> {
  return offeredFrom(env, await findRows(env, runAfter));
}

/** What is known without any I/O: in a new isolate what is built in. */
export function knownOffered(env: Cloudflare.Env): Offered {
  return offeredOf(env, isolateMemory.record?.rows ?? NO_ROWS);
}

/** Every name there is now, of providers without a key too. */
export async function readKnownCatalog(env: CatalogPlaces, runAfter: RunAfter): Promise<Catalog> {
  return knownCatalog(await readRowsNow(env, runAfter));
}
