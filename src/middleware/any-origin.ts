import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

const EXPOSED = [
  'x-request-id',
  'request-id',
  'x-llm-provider',
  'x-llm-model',
  'x-llm-attempts',
  'x-llm-notice',
  'x-llm-cost-usd',
  'retry-after',
  'x-should-retry',
  ...['limit', 'remaining', 'reset'].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]),
];

const preflight = cors({ origin: '*', exposeHeaders: EXPOSED, maxAge: 86_400 });
const EXPOSED_LIST = EXPOSED.join(',');

/**
 * Lets pages of any origin call the API: Cursor's key check runs in its desktop app, which is a browser to us.
 * Keys travel in a header, so no cookie is at stake.
 */
export const anyOrigin: MiddlewareHandler = async (c, next) => {
  if (c.req.method === 'OPTIONS') return preflight(c, next);
  await next();
  // Afterwards: `cors` sets them ahead, which makes Hono copy the whole answer.
  c.res.headers.set('access-control-allow-origin', '*');
  c.res.headers.set('access-control-expose-headers', EXPOSED_LIST);
};
