import { requestId } from '../protocol/request-id.ts';

/*
 * Client keys: `<prefix>-<43 base62 characters><6 base62 digits of CRC32>`. Runs in the Worker and in Node.
 * 43 characters hold 256 bits. The checksum covers all before it, so that a guess or a slip of the hand
 * is refused without asking any storage. It is no secret: the randomness is what protects.
 */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

/** What a key may begin with. */
export const PREFIX_PATTERN = /^[a-z][a-z0-9]{0,9}$/;
const SECRET_PATTERN = /^[a-z][a-z0-9]{0,9}-[0-9A-Za-z]{49}$/;

/** Random base62 text. Bytes from 248 up are thrown away: 256 is no multiple of 62, so they would favour some letters. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < 248 && text.length < length) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text;
}

/** CRC-32 as zip and PNG use it (ISO 3309, reflected, polynomial 0xEDB88320) of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    crc ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let position = 0; position < CHECKSUM_LENGTH; position += 1) {
    digits = ALPHABET.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** A new client key. `prefix` must match PREFIX_PATTERN. */
export function makeSecret(prefix: string): string {
  if (!PREFIX_PATTERN.test(prefix)) throw new RangeError(`A key cannot begin with "${prefix}".`);
  const body = `${prefix}-${randomText(RANDOM_LENGTH)}`;
  return body + checksum(body);
}

/** Whether a text can be a key of ours at all: its form and its checksum. No I/O. */
export function isWellFormed(secret: string): boolean {
  if (!SECRET_PATTERN.test(secret)) return false;
  return checksum(secret.slice(0, -CHECKSUM_LENGTH)) === secret.slice(-CHECKSUM_LENGTH);
}

/** SHA-256 as lower-case hex: all of a key that is ever stored. */
export async function hashSecret(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret));
  let text = '';
  for (const byte of new Uint8Array(digest)) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** What may be shown of a key: `sk-…x7Qa`. */
export function maskSecret(key: { prefix: string; last4: string }): string {
  return `${key.prefix}-…${key.last4}`;
}

/** A secret with what is stored of it. */
export interface NewSecret {
  /** The whole key: to be shown once, never stored. */
  secret: string;
  hash: string;
  prefix: string;
  last4: string;
}

/** Makes a key and the parts of it that are stored. */
export async function newSecret(prefix: string): Promise<NewSecret> {
  const secret = makeSecret(prefix);
  return { secret, hash: await hashSecret(secret), prefix, last4: secret.slice(-4) };
}

/** A new key id, `key_` and a ULID: unique, and in order of creation. `now` is ms since 1970. */
export function keyId(now: number): string {
  return requestId(now).replace(/^req_/, 'key_');
}
