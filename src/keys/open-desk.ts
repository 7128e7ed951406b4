import type { Catalog } from '../catalog/lookup.ts';
import { logFault } from '../log-line.ts';
import { openDatabase } from '../store/database.ts';
import type { Actor } from '../store/schema.ts';
import type { Desk, Effect } from './manage.ts';
import { type KeyPlaces, refreshKey, refreshKeysOf } from './refresh-key.ts';
import { newSecret } from './secret.ts';

/** What is stored holds within a minute by itself. A secret that was just made must be shown, whatever fails here. */
async function effectOf(job: Promise<unknown>, subject: string): Promise<Effect> {
  try {
    await job;
    return 'at_once';
  } catch (cause) {
    logFault('refresh_failed', cause, { of: subject });
    return 'within_a_minute';
  }
}

/** The Worker's desk for keys, users and teams. */
export function openDesk(env: KeyPlaces, actor: Actor, catalog: () => Promise<Catalog>): Desk {
  return {
    database: openDatabase(env.DB),
    actor,
    now: Date.now(),
    newSecret,
    catalog,
    tellOfKey: (id, droppedHashes) => effectOf(refreshKey(env, id, droppedHashes), id),
    tellOfOwner: (name) => effectOf(refreshKeysOf(env, { owner: name }), name),
    tellOfTeam: (name) => effectOf(refreshKeysOf(env, { team: name }), name),
  };
}
