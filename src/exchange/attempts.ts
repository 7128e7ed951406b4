import type { Attempt } from '../ledger/calls.ts';
import { tryFailed, trySucceeded } from '../offer/health-memory.ts';
import { secretsOf } from '../providers/credentials.ts';
import { readFailure } from '../providers/failure.ts';
import { type Exchange, servedBy } from './exchange.ts';
import { logStage } from './incoming.ts';
import { brokenOff, unreachable } from './provider-failure.ts';
import type { ProviderLine } from './provider-line.ts';
import { errorOf, type Stop } from './stop.ts';

/** A try that came to nothing. */
export interface Failure {
  stop: Stop;
  /** The provider's HTTP status; null where none came. */
  status: number | null;
  /** True once the provider had taken the request on: only then can it have cost something. */
  accepted: boolean;
}

/** What a try of the provider came to; null for one that served. */
export type Tried = Failure | null;

/** A provider's answer whose status is good, or why there is none. */
export type Called = { kind: 'answered'; body: ReadableStream<Uint8Array> } | { kind: 'failed'; failure: Failure };

/** One call of the provider. */
export async function callOnce({ credential, leg }: Exchange, line: ProviderLine): Promise<Called> {
  const { configured } = leg.target;
  const { provider } = configured;
  let response: Response;
  try {
    response = await leg.call(line.signal(), credential);
    if (response.ok && response.body !== null) return { kind: 'answered', body: response.body };
    const error = response.ok
      ? brokenOff()
      : provider.error(await readFailure(response, secretsOf(configured), Date.now()));
    line.refused();
    return {
      kind: 'failed',
      failure: { stop: { kind: 'provider_failed', error }, status: response.status, accepted: response.ok },
    };
  } catch (cause) {
    line.refused();
    const stop = line.letGo() ?? { kind: 'provider_failed', error: unreachable(cause) };
    return { kind: 'failed', failure: { stop, status: null, accepted: mayBeAtWork(stop, line) } };
  }
}

/** A provider that was let go before it answered may have worked all the same; one that was not reached has not. */
function mayBeAtWork(stop: Stop, { isClientGone }: ProviderLine): boolean {
  return stop.kind === 'revoked' || stop.kind === 'client_gone' || (stop.kind === 'silent' && isClientGone());
}

/** What a request's own end says of a provider is nothing. */
function noteHealth({ credential, incoming, leg }: Exchange, tried: Tried): void {
  const { id } = leg.target.configured.provider;
  if (tried === null) trySucceeded(id, credential.label);
  else if (tried.stop.kind === 'provider_failed' || tried.stop.kind === 'silent') {
    const { code, retryAfter } = errorOf(tried.stop);
    tryFailed(incoming, id, credential.label, { status: tried.status, code, retryAfter });
  }
}

/** Writes a try down: for the row, for the provider's health, and for the log. */
export function noteAttempt(exchange: Exchange, tried: Tried, startedAt: number): void {
  const { attempts, credential, leg } = exchange;
  const error = tried === null ? null : errorOf(tried.stop);
  const status = tried === null ? 200 : tried.status;
  const code = error?.code ?? null;
  const attempt: Attempt = {
    ...servedBy(leg),
    credential: credential.label,
    status,
    code,
    ms: Date.now() - startedAt,
  };
  attempts.push(attempt);
  noteHealth(exchange, tried);
  logStage(exchange.incoming, 'attempt', { attempt: attempts.length, ...attempt });
}
