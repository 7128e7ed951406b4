import type { Context, Next } from 'hono';
import { RouterError } from '../protocol/errors.ts';
import type { AppEnv } from './app-env.ts';
import { onNotFound } from './error-response.ts';
import { checkSecret } from './guess-throttle.ts';

/** Lets the bearer of INTERNAL_SECRET through. Without such a secret, or a weak one, there is nothing here. */
export async function internalAuth(c: Context<AppEnv>, next: Next): Promise<Response | undefined> {
  const { internalSecret } = c.get('config');
  if (internalSecret === null) return onNotFound(c);
  const presented = /^Bearer +(\S.*)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  // Nothing was presented, so nothing was guessed.
  const verdict = presented === undefined ? null : await checkSecret(c, presented, internalSecret, 'program');
  if (verdict?.kind === 'wait') {
    const message = `Too many wrong secrets came from this address. Try again in ${verdict.seconds} s.`;
    throw new RouterError('rate_limit_exceeded', message, { retryAfter: verdict.seconds });
  }
  if (verdict?.kind !== 'right') {
    const message = 'Send "Authorization: Bearer <INTERNAL_SECRET>" with the secret of this router.';
    throw new RouterError('invalid_credentials', message);
  }
  await next();
  return undefined;
}
