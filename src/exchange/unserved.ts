import type { Context } from 'hono';
import type { Endpoint } from '../dialects/dialect.ts';
import type { Admission, RequestFacts, Settlement } from '../ledger/entry.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { NO_USAGE } from '../protocol/usage.ts';
import { coloOf } from './colo.ts';
import type { Target } from './exchange.ts';
import { LONGEST_NAME } from './outcome.ts';

/** What is known of a request that no provider serves, by the time it ends. */
export interface Seen {
  endpoint: Endpoint | null;
  requestedModel: string | null;
  stream: boolean;
  target: Target | null;
  /** The ledger's word, once it was asked. */
  admission: Promise<Admission | null> | null;
}

export const NOTHING_SEEN: Seen = {
  endpoint: null,
  requestedModel: null,
  stream: false,
  target: null,
  admission: null,
};

/** What the ledger is told of such a request. */
export function factsSeen(c: Context<AppEnv>, seen: Seen): RequestFacts {
  return {
    requestId: c.get('requestId'),
    endpoint: seen.endpoint,
    provider: seen.target?.configured.provider.id ?? null,
    model: seen.target?.model.id ?? null,
    requestedModel: seen.requestedModel?.slice(0, LONGEST_NAME) ?? null,
    session: null,
    tags: null,
    stream: seen.stream,
    startedAt: c.get('startedAt'),
    colo: coloOf(c.req.raw),
    priceRevision: null,
  };
}

type End = Pick<Settlement, 'status' | 'end' | 'errorCode' | 'finishReason' | 'repeated'>;

/** The settlement of a request that cost nothing, since no provider was called. */
export function unservedSettlement(c: Context<AppEnv>, seen: Seen, end: End): Settlement {
  return {
    ...factsSeen(c, seen),
    ...end,
    source: 'none',
    usage: NO_USAGE,
    costNanoUsd: 0,
    attempts: [],
    notice: null,
    vendorFinishReason: null,
    firstTokenMs: null,
    durationMs: Date.now() - c.get('startedAt'),
  };
}
