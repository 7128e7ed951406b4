import type { Context, Next } from 'hono';
import { RouterError } from '../protocol/errors.ts';
import type { AppEnv } from './app-env.ts';
import { onNotFound } from './error-response.ts';

/** Compares in a time that tells nothing of where, or by how much, two texts differ. */
export async function sameSecret(one: string, other: string): Promise<boolean> {
  const encoder = new TextEncoder();
  // Hashed first: timingSafeEqual takes equal lengths only, and the length is part of the secret.
  const [left, right] = await Promise.all([
    crypto.subtle.digest('SHA-256', encoder.encode(one)),
    crypto.subtle.digest('SHA-256', encoder.encode(other)),
  ]);
  return crypto.subtle.timingSafeEqual(left, right);
}

/** Lets the bearer of INTERNAL_SECRET through. Without such a secret, or a short one, there is nothing here. */
export async function internalAuth(c: Context<AppEnv>, next: Next): Promise<Response | undefined> {
  const { internalSecret } = c.get('config');
  if (internalSecret === null) return onNotFound(c);
  const presented = /^Bearer +(\S+)\s*$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
  if (!(await sameSecret(presented, internalSecret))) {
    const message = 'Send "Authorization: Bearer <INTERNAL_SECRET>" with the secret of this router.';
    throw new RouterError('invalid_credentials', message);
  }
  await next();
  return undefined;
}
