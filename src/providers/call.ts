import { RouterError } from '../protocol/errors.ts';
import { providerHeaders } from './headers.ts';
import type { Provider } from './provider.ts';

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What one call of a provider needs. */
export interface ProviderCall {
  provider: Pick<Provider, 'name' | 'fetch'>;
  apiKey: string;
  /** From the configuration, without a slash at the end; never from the client. */
  baseUrl: string;
  body: BodyInit;
  signal: AbortSignal;
  /** A double in place of the platform's fetch. */
  fetch?: Fetch;
}

/** Sends a request to a provider, in place of the network where the provider answers by itself. */
export function sendTo(
  provider: Pick<Provider, 'fetch'>,
  url: string,
  init: RequestInit,
  send: Fetch = (address, outgoing) => fetch(address, outgoing),
): Promise<Response> {
  return provider.fetch === undefined ? send(url, init) : provider.fetch(new Request(url, init));
}

/**
 * One call of a provider's chat completions; no retry, no redirect followed.
 * Rejects with RouterError `upstream_error` where no answer came, and with the signal's reason when it fired.
 */
export async function callProvider(call: ProviderCall): Promise<Response> {
  const { provider, apiKey, baseUrl, body, signal } = call;
  const init = { method: 'POST', headers: providerHeaders(apiKey), body, signal, redirect: 'manual' } as const;
  try {
    return await sendTo(provider, `${baseUrl}/chat/completions`, init, call.fetch);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new RouterError('upstream_error', `${provider.name} could not be reached. Try again shortly.`, { cause });
  }
}
