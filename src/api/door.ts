import type { Context } from 'hono';
import type { Dialect } from '../dialects/dialect.ts';
import { serve } from '../exchange/serve.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { incomingOf } from './incoming-of.ts';

/** A door's handler: who asks is known by then, and all else is the engine's. */
export function door(dialect: Dialect) {
  return (c: Context<AppEnv>): Promise<Response> => serve(incomingOf(c, c.var.key, c.var.keyHash), dialect);
}
