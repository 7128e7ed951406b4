import type { Context } from 'hono';
import { hashSecret } from '../keys/secret.ts';
import { networkOf } from './network.ts';

/*
 * Slows guesses at INTERNAL_SECRET by network, at every door that it opens, in this isolate's memory.
 * The secret's 32 characters are what protects; this keeps guessing from being free.
 */

/** Failures that cost nothing: a slip of the hand is no attack. */
const FREE_FAILURES = 5;
const LONGEST_WAIT_SECONDS = 60;
/** Failures older than this are forgotten, in ms. */
const FORGET_AFTER = 3_600_000;
const CAPACITY = 10_000;

interface Failures {
  count: number;
  lastAt: number;
}

/** By network, and by network and wrong secret. */
const failures = new Map<string, Failures>();

function knownFailures(name: string, now: number): Failures | null {
  const known = failures.get(name);
  return known !== undefined && now - known.lastAt <= FORGET_AFTER ? known : null;
}

function waitOf(name: string, now: number): number {
  const known = knownFailures(name, now);
  if (known === null || known.count < FREE_FAILURES) return 0;
  const seconds = Math.min(2 ** (known.count - FREE_FAILURES), LONGEST_WAIT_SECONDS);
  return Math.max(0, Math.ceil((known.lastAt + seconds * 1000 - now) / 1000));
}

function note(name: string, now: number): void {
  const count = (knownFailures(name, now)?.count ?? 0) + 1;
  // Taken out first, so that the map's order is that of the last failure and the oldest goes.
  failures.delete(name);
  failures.set(name, { count, lastAt: now });
  if (failures.size <= CAPACITY) return;
  for (const oldest of failures.keys()) {
    failures.delete(oldest);
    return;
  }
}

/** A try at the secret. */
export interface Try {
  address: string;
  isRight: boolean;
  /** What tells a program's guess from its others; null for a person at a form, whose every try counts. */
  guess: string | null;
}

/** What a try came to. While a network has to wait, nobody in it is told whether a secret is right. */
export type Verdict = { kind: 'right' } | { kind: 'wrong' } | { kind: 'wait'; seconds: number };

/** Judges a try and counts it. `now` is ms since 1970. */
export function judgeTry({ address, isRight, guess }: Try, now: number): Verdict {
  const network = networkOf(address);
  // A program that was set up with a wrong secret sends it for ever. That is one guess: it waits by itself, and does
  // not lock out its neighbour who has the right one.
  const repeated = guess === null ? null : `${network} ${guess}`;
  const seconds = Math.max(waitOf(network, now), repeated === null ? 0 : waitOf(repeated, now));
  if (seconds > 0) return { kind: 'wait', seconds };
  if (isRight) {
    failures.delete(network);
    return { kind: 'right' };
  }
  if (repeated === null || knownFailures(repeated, now) === null) note(network, now);
  if (repeated !== null) note(repeated, now);
  return { kind: 'wrong' };
}

/** Only Cloudflare writes this header; locally it may be missing, and then everyone is one address. */
function addressOf(c: Context): string {
  return c.req.header('cf-connecting-ip') ?? 'unknown';
}

/** Compares a presented secret with the right one, in a time that tells nothing of where they differ, and counts. */
export async function checkSecret(
  c: Context,
  presented: string,
  secret: string,
  presenter: 'person' | 'program',
): Promise<Verdict> {
  // Hashed first: timingSafeEqual takes equal lengths only, and the length is part of the secret.
  const [given, right] = await Promise.all([hashSecret(presented), hashSecret(secret)]);
  const encoder = new TextEncoder();
  const isRight = crypto.subtle.timingSafeEqual(encoder.encode(given), encoder.encode(right));
  // After the last await: of many tries at once each sees those before it, and the right secret is in nobody's way.
  return judgeTry({ address: addressOf(c), isRight, guess: presenter === 'person' ? null : given }, Date.now());
}
