import type { Context } from 'hono';
import type { Endpoint } from '../dialects/dialect.ts';
import { settleRequest } from '../ledger/client.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import type { RefusedKey } from '../middleware/key-auth.ts';
import { runAfterIn } from '../middleware/run-after.ts';
import type { RouterError } from '../protocol/errors.ts';
import { NO_USAGE } from '../protocol/usage.ts';
import type { ApiKey } from '../store/schema.ts';
import { atMost } from './at-most.ts';
import { coloOf } from './colo.ts';
import type { Target } from './exchange.ts';
import { LONGEST_WAIT_MS } from './settle-first.ts';

/** What is known of a request by the time it is refused. */
export interface Seen {
  endpoint: Endpoint | null;
  requestedModel: string | null;
  stream: boolean;
  target: Target | null;
}

export const NOTHING_SEEN: Seen = { endpoint: null, requestedModel: null, stream: false, target: null };

function record(c: Context<AppEnv>, key: ApiKey, seen: Seen, status: number, errorCode: string): Promise<void> {
  const startedAt = c.get('startedAt');
  const settling = settleRequest(c.env, key, {
    requestId: c.get('requestId'),
    endpoint: seen.endpoint,
    provider: seen.target?.configured.provider.id ?? null,
    model: seen.target?.model.id ?? null,
    requestedModel: seen.requestedModel?.slice(0, 200) ?? null,
    session: null,
    tags: null,
    stream: seen.stream,
    startedAt,
    colo: coloOf(c.req.raw),
    priceRevision: null,
    status,
    end: 'rejected',
    source: 'none',
    usage: NO_USAGE,
    costNanoUsd: 0,
    attempts: [],
    notice: null,
    finishReason: null,
    vendorFinishReason: null,
    errorCode,
    repeated: null,
    firstTokenMs: null,
    durationMs: Date.now() - startedAt,
  });
  runAfterIn(c.executionCtx)('settle a refusal', settling);
  return atMost(LONGEST_WAIT_MS, settling);
}

/** One row for a request of a known key that was refused before the provider was called. */
export function recordRefusal(c: Context<AppEnv>, seen: Seen, error: RouterError): Promise<void> {
  return record(c, c.get('key'), seen, error.status, error.code);
}

/** The same where the key itself may not be used: the row says why, the answer does not. */
export function recordRefusedKey(c: Context<AppEnv>, refused: RefusedKey): Promise<void> {
  return record(c, refused.key, NOTHING_SEEN, 401, `key_${refused.reason}`);
}
