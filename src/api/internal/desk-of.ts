import type { Context } from 'hono';
import type { Desk } from '../../keys/manage.ts';
import { openDesk } from '../../keys/open-desk.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { readKnownCatalog } from '../../offer/read-offered.ts';
import { actorOf } from './input.ts';

/** The desk for keys and users, for whoever calls the API. */
export function deskOf(c: Context<AppEnv>): Desk {
  return openDesk(c.env, actorOf(c), () => readKnownCatalog(c.env, runAfterIn(c.executionCtx)));
}
