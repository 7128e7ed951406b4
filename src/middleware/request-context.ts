import type { Context, Next } from 'hono';
import { readConfig } from '../config.ts';
import { requestId } from '../protocol/request-id.ts';
import type { AppEnv } from './app-env.ts';

/** Gives each request its id, its time and the configuration. A client's own `x-request-id` is never used. */
export async function requestContext(c: Context<AppEnv>, next: Next): Promise<void> {
  const now = Date.now();
  const id = requestId(now);
  c.set('requestId', id);
  c.set('startedAt', now);
  // Set before reading the configuration, so that an error there carries the id too.
  c.header('x-request-id', id);
  c.set('config', readConfig(c.env));
  await next();
}
