/*
 * Allow-lists both ways: vendor and client see only what is built here.
 * Neither side's cookies, addresses, `cf-*`, `x-forwarded-*` or account headers reach the other.
 */

/** The headers a vendor gets: nothing of the client's. */
export function vendorHeaders(apiKey: string): Headers {
  return new Headers({
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    'user-agent': 'llm-router',
  });
}

/** Whole seconds the vendor asks to wait, or null. `now` is milliseconds since 1970, for the date form. */
export function retryAfterSeconds(headers: Headers, now: number): number | null {
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return Math.ceil(milliseconds / 1000);
  const value = headers.get('retry-after');
  if (value === null) return null;
  const seconds = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}

/** What of a vendor's headers a client gets: when to come back, and no more. `now` is milliseconds since 1970. */
export function clientHeaders(vendor: Headers, now: number): Headers {
  const seconds = retryAfterSeconds(vendor, now);
  return new Headers(seconds === null ? {} : { 'retry-after': String(seconds) });
}
