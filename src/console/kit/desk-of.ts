import type { Context } from 'hono';
import type { Desk } from '../../keys/manage.ts';
import { openDesk } from '../../keys/open-desk.ts';
import type { ActorEnv } from '../../middleware/app-env.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { readKnownCatalog } from '../../offer/read-offered.ts';

/** The desk for keys and users, for whoever has signed in. */
export function deskOf<E extends ActorEnv>(c: Context<E>): Desk {
  return openDesk(c.env, c.get('actor'), () => readKnownCatalog(c.env, runAfterIn(c.executionCtx)));
}
