import type { End } from '../ledger/calls.ts';
import { invalidKey, ownFault, RouterError } from '../protocol/errors.ts';

/** Why a run ended before its time. It becomes a client's error and a row's end here, and is read back out of neither. */
export type Stop =
  /** The key was revoked, disabled or has expired while the request ran. */
  | { kind: 'revoked' }
  /** The ledger's no, which may come while the provider is at work. */
  | { kind: 'refused'; error: RouterError }
  /** The client left, and there is no time or no room to read on for the bill. */
  | { kind: 'client_gone' }
  /** The provider did not begin to answer, or fell silent. */
  | { kind: 'silent'; phase: 'first' | 'next'; milliseconds: number }
  | { kind: 'provider_failed'; error: RouterError }
  | { kind: 'own_fault'; cause: unknown };

/** What the client is told. */
export function errorOf(stop: Stop): RouterError {
  switch (stop.kind) {
    case 'revoked':
      return invalidKey();
    case 'refused':
    case 'provider_failed':
      return stop.error;
    case 'client_gone':
      return new RouterError('upstream_timeout', 'The client left before the answer was complete.');
    case 'silent': {
      const what = stop.phase === 'first' ? 'did not begin to answer' : 'fell silent';
      return new RouterError(
        'upstream_timeout',
        `The provider ${what} for ${stop.milliseconds / 1000} seconds. Try again, or ask for less at once.`,
      );
    }
    case 'own_fault':
      return ownFault(stop.cause);
  }
}

/** How a log row names the end; `stop` is null for an answer that is complete. */
export function endOf(stop: Stop | null, isClientGone: boolean): End {
  if (stop?.kind === 'revoked' || stop?.kind === 'refused') return 'rejected';
  if (isClientGone) return 'client_gone';
  if (stop === null) return 'completed';
  return stop.kind === 'silent' || (stop.kind === 'provider_failed' && stop.error.code === 'upstream_timeout')
    ? 'timeout'
    : 'upstream_failed';
}
