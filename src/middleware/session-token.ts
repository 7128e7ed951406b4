/*
 * A console session is a signed text, `<id>.<end in ms>.<signature>`: nothing is stored for it.
 * The key of the signature is derived from INTERNAL_SECRET, so a new secret ends every session.
 */

/** How long a session lasts, in ms. */
export const SESSION_MS = 12 * 3_600_000;

/** A console session. */
export interface Session {
  /** Random, new at each sign-in. */
  id: string;
  /** Ms since 1970. */
  endsAt: number;
}

const encoder = new TextEncoder();

async function hmacKey(secret: Uint8Array | ArrayBuffer): Promise<CryptoKey> {
  return await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

async function signingKey(internalSecret: string): Promise<CryptoKey> {
  const root = await hmacKey(encoder.encode(internalSecret));
  return await hmacKey(await crypto.subtle.sign('HMAC', root, encoder.encode('console session v1')));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A new session's text. `now` is ms since 1970. */
export async function makeSessionToken(internalSecret: string, now: number): Promise<string> {
  const body = `${hex(crypto.getRandomValues(new Uint8Array(16)))}.${now + SESSION_MS}`;
  const signature = await crypto.subtle.sign('HMAC', await signingKey(internalSecret), encoder.encode(body));
  return `${body}.${hex(new Uint8Array(signature))}`;
}

/** The session of a text; null where it was not signed by us or has ended. `now` is ms since 1970. */
export async function readSessionToken(token: string, internalSecret: string, now: number): Promise<Session | null> {
  const match = /^(([0-9a-f]{32})\.(\d{13}))\.([0-9a-f]{64})$/.exec(token);
  if (match === null) return null;
  const [, body = '', id = '', end = '', signature = ''] = match;
  const key = await signingKey(internalSecret);
  const isOurs = await crypto.subtle.verify('HMAC', key, bytesOfHex(signature), encoder.encode(body));
  const endsAt = Number(end);
  return isOurs && now < endsAt ? { id, endsAt } : null;
}
