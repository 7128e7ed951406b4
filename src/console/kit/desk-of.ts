import type { Context } from 'hono';
import type { Desk } from '../../keys/manage.ts';
import { openDesk } from '../../keys/open-desk.ts';
import type { ActorEnv } from '../../middleware/app-env.ts';
import { knownCatalog } from '../../offer/offered.ts';

/** The desk for keys and users, for whoever has signed in. */
export function deskOf<E extends ActorEnv>(c: Context<E>): Desk {
  return openDesk(c.env, c.get('actor'), () => knownCatalog(c.get('config').modelsJson));
}
