import { type ErrorCode, RouterError } from '../protocol/errors.ts';
import { safeMessage } from '../protocol/redact.ts';
import { classify, type ProviderComplaint, readComplaint } from './failure.ts';
import type { Provider, ProviderFailure } from './provider.ts';

type NamedProvider = Pick<Provider, 'name' | 'variables'>;

function waiting(retryAfter: number | null): string {
  return retryAfter === null ? 'Try again shortly.' : `Try again in ${retryAfter} s.`;
}

/** Why a provider failed where neither the request nor the account is to blame. */
function faultOf(provider: NamedProvider, complaint: ProviderComplaint, said: string): string {
  const { status } = complaint;
  if (status >= 300 && status < 400) {
    const where = ` The operator has to check ${provider.variables?.baseUrl ?? "the provider's base URL"}.`;
    return `${provider.name} answered with a redirect (HTTP ${status}), which the router never follows.${where}`;
  }
  if (!complaint.isApi) {
    return `${provider.name} answered with something that is not its API (HTTP ${status}). Try again; if it stays, the operator has to look at the provider's base URL and status page.`;
  }
  const reason = said === '' ? '' : `: ${said}`;
  return `${provider.name} failed (HTTP ${status})${reason}${/[.!?。!]$/.test(reason) ? '' : '.'} Try again shortly.`;
}

function messageFor(
  code: ErrorCode,
  provider: NamedProvider,
  complaint: ProviderComplaint,
  said: string,
  wait: string,
): string {
  const { name } = provider;
  switch (code) {
    case 'upstream_auth_error':
      return `${name} refused the router's own key; your key is fine. The operator has to set ${provider.variables?.apiKey ?? 'the key'} anew.`;
    case 'upstream_insufficient_balance':
      return `The router's account with ${name} is out of money or quota; your own budget is not touched. The operator has to top it up.`;
    case 'upstream_rate_limited':
      return `${name} limits the router's requests at the moment. ${wait}`;
    case 'upstream_overloaded':
      return `${name} is overloaded at the moment. ${wait}`;
    case 'upstream_error':
      return faultOf(provider, complaint, said);
    case 'content_filter':
      return said || `${name}'s content filter refused the request. Change the text and try again.`;
    case 'request_too_large':
      return said || `The request is larger than ${name} takes. Send less.`;
    default:
      return said || `${name} refused the request without saying why (HTTP ${complaint.status}).`;
  }
}

/** The provider's parameter helps where the request itself was at fault. */
const ABOUT_THE_REQUEST: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['invalid_request', 'context_length_exceeded']);

/** What may be over by the time that the provider names. */
const WORTH_WAITING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_rate_limited',
  'upstream_overloaded',
  'upstream_error',
]);

/**
 * A provider's failure as our error. `words` are the provider's own codes and types;
 * `recognise` may tell what they cannot, and goes first.
 */
export function providerError(
  provider: NamedProvider,
  failure: ProviderFailure,
  words: ReadonlyMap<string, ErrorCode>,
  recognise: (complaint: ProviderComplaint) => ErrorCode | null,
): RouterError {
  const complaint = readComplaint(failure);
  const code = recognise(complaint) ?? classify(complaint, words);
  const said = safeMessage(complaint.message ?? '');
  const aboutTheRequest = ABOUT_THE_REQUEST.has(code);
  return new RouterError(code, messageFor(code, provider, complaint, said, waiting(failure.retryAfter)), {
    // So does its code, where we have none that clients act on.
    ...(code === 'invalid_request' && complaint.code !== null ? { providerCode: safeMessage(complaint.code) } : {}),
    ...(aboutTheRequest && complaint.param !== null ? { param: safeMessage(complaint.param) } : {}),
    ...(WORTH_WAITING.has(code) && failure.retryAfter !== null ? { retryAfter: failure.retryAfter } : {}),
  });
}
