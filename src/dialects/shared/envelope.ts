import { isObject, parseJson } from '../../protocol/json.ts';

/*
 * Reasoning travels with the client, in the opaque slot that its dialect has for a signature or for encrypted reasoning,
 * so that it comes back without any memory of ours. It is not encrypted: the client may read its model's reasoning anyway.
 */

const VERSION = 'rt1.';
// A turn's reasoning is some hundred kilobytes at the most; what is longer is not ours.
const LONGEST_ENVELOPE = 8 * 1024 * 1024;

/** Reasoning of one turn, as it goes out and comes back. */
export interface Envelope {
  /** `provider/model` that thought it. */
  model: string;
  /** The reasoning, letter by letter; null where the client is given it as text beside the envelope. */
  text: string | null;
}

// As many arguments as a call surely takes.
const PIECE = 8 * 1024;

function toBase64Url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (let start = 0; start < bytes.length; start += PIECE) {
    binary += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  }
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** An envelope as one opaque text. */
export function sealEnvelope({ model, text }: Envelope): string {
  return VERSION + toBase64Url(JSON.stringify(text === null ? { m: model } : { m: model, t: text }));
}

function decode(text: string): unknown {
  try {
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return parseJson(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
  } catch {
    return undefined;
  }
}

/** What an opaque text of a client holds; null for one that is not ours, or no longer whole. Never throws. */
export function openEnvelope(sealed: unknown): Envelope | null {
  if (typeof sealed !== 'string' || !sealed.startsWith(VERSION) || sealed.length > LONGEST_ENVELOPE) return null;
  const value = decode(sealed.slice(VERSION.length));
  if (!isObject(value) || typeof value['m'] !== 'string') return null;
  return { model: value['m'], text: typeof value['t'] === 'string' ? value['t'] : null };
}
