import { RouterError } from '../protocol/errors.ts';
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
  signal: AbortSignal;
  /** A double in place of the platform's fetch. */
  fetch?: Fetch;
}

/**
 * One call of a provider's chat completions; no retry, no redirect followed.
 * Rejects with RouterError `upstream_error` where no answer came, and with the signal's reason when it fired.
 */
export async function callProvider(call: ProviderCall): Promise<Response> {
  const { provider, credential, baseUrl, path, body, signal, fetch: send = plainFetch } = call;
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
