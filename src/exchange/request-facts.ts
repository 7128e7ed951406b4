import { type Price, UNPRICED } from '../catalog/price.ts';
import type { Endpoint } from '../dialects/dialect.ts';
import type { RequestFacts } from '../ledger/calls.ts';
import type { Ask } from './ask.ts';
import type { Incoming } from './incoming.ts';
import type { Target } from './target.ts';

// A row must fit into a queue message, whatever a client or a provider calls a thing.
export const LONGEST_NAME = 200;

/** What is known of a request: more, the further it has come. */
export interface Known {
  endpoint: Endpoint | null;
  ask: Ask | null;
  target: Target | null;
  price: Price | null;
}

/** The datacentre's code, where the platform tells. */
function coloOf(request: Request): string | null {
  const colo = request.cf?.['colo'];
  return typeof colo === 'string' ? colo : null;
}

/** What the ledger is told of a request, however far it has come. */
export function factsOf(
  { beginMs, request, requestId, startedAt }: Incoming,
  { ask, endpoint, price, target }: Known,
): RequestFacts {
  return {
    requestId,
    endpoint,
    provider: target?.configured.provider.id ?? null,
    model: target?.model.id ?? null,
    requestedModel: ask?.request.model.slice(0, LONGEST_NAME) ?? null,
    session: ask?.session ?? null,
    tags: ask?.tags ?? null,
    stream: ask?.wantsStream ?? false,
    startedAt,
    beginMs,
    colo: coloOf(request),
    // A row that was served without a price says so; one that found no model has none.
    priceRevision: price?.revision ?? (target === null ? null : UNPRICED),
  };
}
