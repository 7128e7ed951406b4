import { RouterError } from '../protocol/errors.ts';
import { isSamePlace } from '../protocol/safe-url.ts';
import type { Credential } from './credentials.ts';
import { providerHeaders } from './headers.ts';
import type { Provider } from './provider.ts';

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The platform's own, as it stands at the time of the call. */
export const plainFetch: Fetch = (url, init) => fetch(url, init);

/** What one call of a provider needs. */
export interface ProviderCall {
  provider: Pick<Provider, 'name' | 'auth'>;
  credential: Credential;
  /** From the configuration, without a slash at the end; never from the client. */
  baseUrl: string;
  /** `/chat/completions`, or the path of whatever is asked. */
  path: string;
  body: BodyInit;
  /** Where this router was asked: what leads back there would never end. */
  askedAt: string;
  signal: AbortSignal;
  /** A double in place of the platform's fetch. */
  fetch?: Fetch;
}

/** Throws RouterError where a provider's base URL is this router itself, as it was asked. */
export function assertElsewhere({ name }: Pick<Provider, 'name'>, baseUrl: string, askedAt: string): void {
  if (!isSamePlace(new URL(baseUrl), new URL(askedAt))) return;
  throw new RouterError(
    'upstream_error',
    `The base URL of ${name} is this router itself. The operator has to give it the provider's own.`,
    { passes: false },
  );
}

/**
 * One call of a provider's chat completions; no retry, no redirect followed.
 * Rejects with RouterError `upstream_error` where no answer came, or the provider is this router, and with the signal's reason when it fired.
 */
export async function callProvider(call: ProviderCall): Promise<Response> {
  const { provider, credential, baseUrl, path, body, signal, askedAt, fetch: send = plainFetch } = call;
  assertElsewhere(provider, baseUrl, askedAt);
  const init = {
    method: 'POST',
    headers: providerHeaders(credential.secret, provider.auth),
    body,
    signal,
    redirect: 'manual',
  } as const;
  try {
    return await send(`${baseUrl}${path}`, init);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new RouterError('upstream_error', `${provider.name} could not be reached. Try again shortly.`, { cause });
  }
}
