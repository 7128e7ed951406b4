import type { Context, Next } from 'hono';
import { type FoundKey, findKey } from '../keys/find-key.ts';
import { keyPorts } from '../keys/key-ports.ts';
import { isWellFormed } from '../keys/secret.ts';
import { findRows, offeredFrom } from '../offer/read-offered.ts';
import { invalidKey, RouterError } from '../protocol/errors.ts';
import type { AppEnv } from './app-env.ts';
import { runAfterIn } from './run-after.ts';

/** A known key that may not be used, and why. */
export type RefusedKey = Extract<FoundKey, { kind: 'refused' }>;

/** The secret as a client presents it, or null. Of two it is the one that can be ours: Claude Code may send another beside. */
function presented(c: Context): string | null {
  const bearer = /^Bearer +(\S+)\s*$/i.exec(c.req.header('authorization') ?? '')?.[1];
  const own = c.req.header('x-api-key');
  if (bearer === undefined || own === undefined) return bearer ?? own ?? null;
  return isWellFormed(bearer) || !isWellFormed(own) ? bearer : own;
}

/** Lets known, active keys through. `onRefused` is told of a known key that may not be used. */
export function keyAuth(onRefused: (c: Context<AppEnv>, refused: RefusedKey) => Promise<void>) {
  return async function authenticate(c: Context<AppEnv>, next: Next): Promise<void> {
    const secret = presented(c);
    if (secret === null) throw invalidKey();
    const runAfter = runAfterIn(c.executionCtx);
    // Beside the key, so that it costs no hop more. What cannot be a key is refused without any I/O.
    const reading = isWellFormed(secret) ? findRows(c.env, runAfter) : null;
    const found = await findKey(secret, keyPorts(c.env, runAfter));
    const rows = await reading;
    switch (found.kind) {
      case 'found':
        c.set('key', found.key);
        c.set('keyHash', found.keyHash);
        c.set('offered', offeredFrom(c.env, rows));
        return next();
      case 'refused':
        c.set('offered', offeredFrom(c.env, rows));
        await onRefused(c, found);
        throw invalidKey();
      case 'malformed':
      case 'unknown':
        throw invalidKey();
      case 'unavailable':
        throw new RouterError(
          'storage_unavailable',
          'The key could not be looked up at the moment. Try again shortly.',
          { retryAfter: 2 },
        );
    }
  };
}
