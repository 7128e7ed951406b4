/*
 * Allow-lists both ways. A provider gets what is built here and nothing of the client's: no cookies, addresses,
 * `cf-*` or `x-forwarded-*`. Of a provider's headers a client gets one number: when to come back.
 */

/** The headers a provider gets: nothing of the client's. `auth` is `bearer`, or the name of the header that takes its key. */
export function providerHeaders(secret: string, auth = 'bearer'): Headers {
  return new Headers({
    accept: 'application/json, text/event-stream',
    ...(auth === 'bearer' ? { authorization: `Bearer ${secret}` } : { [auth]: secret }),
    'content-type': 'application/json',
    'user-agent': 'llm-router',
  });
}

/** Whole seconds the provider asks to wait, or null. `now` is milliseconds since 1970, for the date form. */
export function retryAfterSeconds(headers: Headers, now: number): number | null {
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return Math.ceil(milliseconds / 1000);
  const value = headers.get('retry-after');
  if (value === null) return null;
  const seconds = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}
