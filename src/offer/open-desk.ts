import { openDatabase } from '../store/database.ts';
import type { Actor } from '../store/schema.ts';
import type { CatalogDesk } from './manage.ts';
import { builtInsOf } from './offered.ts';
import { readRowsNow } from './read-offered.ts';

/**
 * The Worker's desk for the catalogue. What it reads last it remembers, so that a change holds from the next request on
 * in this isolate, and within a minute elsewhere.
 */
export function openCatalogDesk(
  env: Cloudflare.Env,
  actor: Actor,
  ownHost: string | null,
  runAfter: (name: string, job: Promise<unknown>) => void,
): CatalogDesk {
  return {
    database: openDatabase(env.DB),
    actor,
    now: Date.now(),
    builtIns: builtInsOf(env),
    ownHost,
    rows: () => readRowsNow(env, runAfter),
  };
}
