import { RouterError } from '../protocol/errors.ts';

/** Our word for a provider that could not be reached, or broke off. The cause may name hosts, so it is not shown. */
export function unreachable(cause: unknown): RouterError {
  if (cause instanceof RouterError) return cause;
  return new RouterError('upstream_error', 'The connection to the provider failed. Try again.', { cause });
}

/** Our word for a good answer that ends before it is complete. */
export function brokenOff(): RouterError {
  return new RouterError('upstream_error', 'The provider ended its answer before it was complete. Try again.');
}
