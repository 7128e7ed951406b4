import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import type { ActorEnv, Person } from './app-env.ts';
import { readAsker } from './person.ts';
import { makeSessionToken, readSessionToken, SESSION_MS, type Session } from './session-token.ts';

/*
 * The console's session. The `__Host-` prefix makes the browser itself insist on Secure, Path=/ and no Domain.
 * Chromium and Firefox take it on http://localhost too (Chromium 156, seen 2026-11-23);
 * a browser that does not is told so on the sign-in page.
 */
const COOKIE = 'session';
const COOKIE_OPTIONS = { prefix: 'host', path: '/', secure: true, httpOnly: true, sameSite: 'Strict' } as const;

/** What the console's handlers find in their context. */
export type AdminEnv = ActorEnv;

/** The KV name under which a session that was signed out is remembered until it would have ended anyway. */
function endedName(id: string): string {
  return `session-ended:${id}`;
}

/** The running session of a request; null where there is none. */
async function readSession(context: Context<AdminEnv>): Promise<Session | null> {
  const { internalSecret } = context.get('config');
  const token = getCookie(context, COOKIE, 'host');
  if (internalSecret === null || token === undefined) return null;
  const session = await readSessionToken(token, internalSecret, Date.now());
  if (session === null) return null;
  return (await context.env.KEY_CACHE.get(endedName(session.id))) === null ? session : null;
}

/** Starts a session under a new id: one that was planted in the browser before is worth nothing. */
export async function startSession(context: Context, internalSecret: string): Promise<void> {
  const token = await makeSessionToken(internalSecret, Date.now());
  setCookie(context, COOKIE, token, { ...COOKIE_OPTIONS, maxAge: SESSION_MS / 1000 });
}

/** Ends a session, if there is one, in the browser and, within a minute, for whoever has copied its cookie. */
export async function endSession(context: Context<AdminEnv>): Promise<void> {
  const session = await readSession(context);
  if (session === null) return;
  const { id, endsAt } = session;
  // KV keeps nothing for less than a minute.
  const expirationTtl = Math.max(60, Math.ceil((endsAt - Date.now()) / 1000));
  await context.env.KEY_CACHE.put(endedName(id), '1', { expirationTtl });
  deleteCookie(context, COOKIE, COOKIE_OPTIONS);
}

/** Where nobody could ever sign in there is no console: its routes are not there. */
export const requireConsole = createMiddleware<AdminEnv>(async (context, next) => {
  const { internalSecret, access } = context.get('config');
  return internalSecret === null && access === null ? await context.notFound() : await next();
});

/** Why the console stays closed. */
export type Closed = { kind: 'nobody' } | { kind: 'member'; person: Person } | { kind: 'unreachable' };

/** Lets administrators through: by name those whom Access knows, and whoever signed in with the secret. */
export function requireAdmin(refuse: (context: Context<AdminEnv>, closed: Closed) => Response | Promise<Response>) {
  return createMiddleware<AdminEnv>(async (context, next) => {
    const asker = await readAsker(context);
    if (asker.kind === 'person') context.set('person', asker.person);
    if (asker.kind === 'person' && asker.person.isAdmin) {
      context.set('actor', `console:${asker.person.email}`);
      return await next();
    }
    if ((await readSession(context)) !== null) {
      context.set('actor', 'console');
      return await next();
    }
    return await refuse(context, asker.kind === 'person' ? { kind: 'member', person: asker.person } : asker);
  });
}
