import type { Context } from 'hono';
import type { Incoming } from '../exchange/incoming.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { runAfterIn } from '../middleware/run-after.ts';
import { keepHealthShared } from '../offer/health-memory.ts';
import type { ApiKey } from '../store/schema.ts';

/** A request as the engine gets it. `key` is whose it is, and `keyHash` that of the secret it came with. */
export function incomingOf(c: Context<AppEnv>, key: ApiKey, keyHash: string): Incoming {
  const { config, offered, requestId, startedAt } = c.var;
  const runAfter = runAfterIn(c.executionCtx);
  keepHealthShared({ env: c.env, runAfter });
  return {
    ...{ config, offered, requestId, startedAt, key, keyHash, beginMs: null },
    request: c.req.raw,
    env: c.env,
    runAfter,
  };
}
