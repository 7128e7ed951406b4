import type { Context } from 'hono';
import type { Desk } from '../../keys/manage.ts';
import { openDesk } from '../../keys/open-desk.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { knownCatalog } from '../../offer/offered.ts';

/** The desk for keys and users, for the console. */
export function deskOf(c: Context<AdminEnv>): Desk {
  return openDesk(c.env, c.get('actor'), () => knownCatalog(c.get('config').modelsJson));
}
