import type { Context, Next } from 'hono';
import { readConfig } from '../config.ts';
import { requestId } from '../protocol/request-id.ts';
import type { AppEnv } from './app-env.ts';

/** Gives each request its id and its time, and each answer the id. A client's own `x-request-id` is never used. */
export async function requestContext(c: Context<AppEnv>, next: Next): Promise<void> {
  const now = Date.now();
  const id = requestId(now);
  c.set('requestId', id);
  c.set('startedAt', now);
  await next();
  // Afterwards: a header set ahead makes Hono copy the whole answer.
  c.res.headers.set('x-request-id', id);
}

/** Gives each request the configuration. Apart, so that the error about a bad variable has what every answer has. */
export async function configuration(c: Context<AppEnv>, next: Next): Promise<void> {
  c.set('config', readConfig(c.env));
  await next();
}
