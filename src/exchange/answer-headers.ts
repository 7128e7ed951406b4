import type { Admission, RateLimits } from '../ledger/calls.ts';
import type { Exchange } from './exchange.ts';

/** `x-ratelimit-*` as OpenAI writes them, for the limits the key has. */
export function rateLimitHeaders({ rateLimits }: { rateLimits: RateLimits }): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ['requests', 'tokens'] as const) {
    const limits = rateLimits[name];
    if (limits === null) continue;
    headers[`x-ratelimit-limit-${name}`] = String(limits.limit);
    headers[`x-ratelimit-remaining-${name}`] = String(limits.remaining);
    headers[`x-ratelimit-reset-${name}`] = `${limits.resetSeconds}s`;
  }
  return headers;
}

/**
 * Which provider and model served, after how many tries, what was lost on the way, and the key's limits. No header of
 * the provider passes.
 */
export function answerHeaders(exchange: Exchange, tries: number, admission: Admission | null): Record<string, string> {
  return {
    ...exchange.ask.door.headers(exchange.incoming.requestId),
    'x-llm-provider': exchange.leg.target.configured.provider.id,
    'x-llm-model': exchange.leg.target.model.id,
    'x-llm-attempts': String(tries),
    ...(exchange.leg.notice === null ? {} : { 'x-llm-notice': exchange.leg.notice }),
    ...(admission === null ? {} : rateLimitHeaders(admission)),
  };
}
