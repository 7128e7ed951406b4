import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import { databaseWay } from './database-way.ts';
import { Mistake } from './mistake.ts';
import type { Place } from './place.ts';
import { callRouter, findRouter, type Router, refusalIn } from './router.ts';
import { routerWay } from './router-way.ts';
import type { Way } from './way.ts';

const listSchema = z.object({ data: z.array(z.unknown()) });

interface Obstacle {
  kind: 'absent' | 'refused';
  words: string;
}

/** Why a router cannot be asked; null where it can. */
async function obstacleAt(router: Router): Promise<Obstacle | null> {
  let response: Response;
  try {
    response = await callRouter(router, 'GET', '/internal/users?limit=1');
  } catch {
    return { kind: 'absent', words: `no router answers at ${router.url}` };
  }
  if (response.status === 401)
    return { kind: 'refused', words: `the router at ${router.url} takes another INTERNAL_SECRET` };
  const refusal = response.ok ? null : await refusalIn(response);
  if (refusal !== null && response.status !== 404) {
    return {
      kind: 'refused',
      words: `the router at ${router.url} answered ${response.status}: ${refusal.message.replace(/\.$/, '')}`,
    };
  }
  if (response.ok && listSchema.safeParse(parseJson(await response.text())).success) return null;
  return {
    kind: 'refused',
    words: `what answers at ${router.url} has no /internal: give it an INTERNAL_SECRET, if it is a router of this project`,
  };
}

function throughDatabase(place: Place, because: string): Way {
  return databaseWay(place, `Through wrangler d1 execute${place.remote ? ' --remote' : ''}: ${because}.`);
}

/** Through a router where it can be asked; else to the database. */
export async function openWayTo(router: Router, place: Place, isNamed: boolean): Promise<Way> {
  const obstacle = await obstacleAt(router);
  if (obstacle === null) return routerWay(router, `Through the router at ${router.url}.`);
  // Whoever names a router means that one: a database beside it may be another's.
  if (obstacle.kind === 'refused' && isNamed) {
    throw new Mistake(`${obstacle.words.charAt(0).toUpperCase()}${obstacle.words.slice(1)}.`);
  }
  return throughDatabase(place, obstacle.words);
}

/** The way that a command takes. Throws Mistake where ROUTER_URL must not be used, or nobody can be asked there. */
export async function openWay(place: Place): Promise<Way> {
  if (place.sql) return databaseWay(place, null);
  const isElsewhere = place.remote || place.env !== null || place.persistTo !== null;
  const isNamed = Boolean(process.env['ROUTER_URL']);
  if (isElsewhere && !isNamed) return throughDatabase(place, 'ROUTER_URL is not set');
  const found = await findRouter(place);
  if (found.kind === 'found') return await openWayTo(found.router, place, isNamed);
  if (isNamed) throw new Mistake(`ROUTER_URL is set, and ${found.variable} is not: set both.`);
  return throughDatabase(place, `${found.variable} is not set`);
}
