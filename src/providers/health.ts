import type { ErrorCode } from '../protocol/errors.ts';
import { newTally, type Tally, tallied, tally } from './tally.ts';

/*
 * Which providers and credentials are well, as far as this isolate has seen or was told. A pure state machine: the clock
 * is passed in, milliseconds since 1970. It only orders what is tried; nobody is ever refused because of it.
 *
 * A credential's fault (401, 402, 403, 429) puts that credential out and says nothing against its provider. A provider
 * goes out after three failures in a row, or where over half of at least five tries in a minute failed; when its time
 * is up one try decides.
 */

/** What is known of the providers and their credentials. Only this file reads or changes it. */
export interface Health {
  readonly providers: Map<string, ProviderHealth>;
  /** The last ones, newest first. */
  readonly trips: Trip[];
}

interface ProviderHealth {
  readonly credentials: Map<string, CredentialHealth>;
  readonly tries: Tally;
  failedInRow: number;
  out: Out | null;
}

interface CredentialHealth {
  out: Out | null;
  /** When it last served; what was said against it before that is over. */
  servedAt: number;
}

/** That something is out, or was until it next shows whether it is well. */
interface Out {
  until: number;
  kind: Fault;
  reason: string;
  /** How often in a row its time has been doubled. */
  doubled: number;
  /** Since when one try has been under way that decides; null where none is. */
  probedAt: number | null;
}

/** Whose fault a failure was: the credential's for minutes or for moments, or the provider's. */
type Fault = 'refused' | 'limited' | 'provider';

/** A failed try, as far as health looks at it. */
export interface HealthFailure {
  /** The provider's HTTP status; null where no answer came. */
  status: number | null;
  code: ErrorCode;
  /** Whole seconds, as the provider asked; null where it did not. */
  retryAfter: number | null;
}

/** A provider or a credential that went out. */
export interface Trip {
  provider: string;
  /** Null where the provider itself went out. */
  label: string | null;
  /** Milliseconds since 1970. */
  until: number;
  /** One of our error codes: why. */
  reason: string;
}

/** Whether a provider or a credential is well. */
export interface Standing {
  well: boolean;
  /** When it is well again, milliseconds since 1970; null where it is. */
  until: number | null;
  reason: string | null;
}

/** What a refused key or an empty account costs: somebody has to do something about it. */
const LONG_OUT_MS = 300_000;
const FIRST_LIMIT_MS = 2_000;
const FIRST_OUT_MS = 5_000;
const LONGEST_DOUBLED_MS = 60_000;
/** What a provider asks for beyond this is a slip of its hand. */
const LONGEST_ASKED_MS = 86_400_000;
/** A try that decides and is not heard of for so long has been forgotten. */
const PROBE_MS = 30_000;
const MOST_IN_ROW = 3;
const FEWEST_TRIES = 5;

/* Names come from an operator's catalogue, which may change as long as an isolate lives. The oldest go. */
const MOST_PROVIDERS = 256;
const MOST_CREDENTIALS = 64;
const MOST_TRIPS = 50;

const WELL: Standing = { well: true, until: null, reason: null };

export function newHealth(): Health {
  return { providers: new Map(), trips: [] };
}

function entryOf<T>(entries: Map<string, T>, name: string, most: number, make: () => T): T {
  const known = entries.get(name);
  if (known !== undefined) return known;
  const [oldest] = entries.keys();
  if (entries.size >= most && oldest !== undefined) entries.delete(oldest);
  const made = make();
  entries.set(name, made);
  return made;
}

function providerOf({ providers }: Health, name: string): ProviderHealth {
  const make = () => ({ credentials: new Map(), tries: newTally(), failedInRow: 0, out: null });
  return entryOf<ProviderHealth>(providers, name, MOST_PROVIDERS, make);
}

function credentialOf({ credentials }: ProviderHealth, label: string): CredentialHealth {
  return entryOf(credentials, label, MOST_CREDENTIALS, () => ({ out: null, servedAt: Number.NEGATIVE_INFINITY }));
}

function isOut(out: Out | null, now: number): boolean {
  return out !== null && now < out.until;
}

function doubledTime(first: number, doubled: number): number {
  return Math.min(first * 2 ** doubled, LONGEST_DOUBLED_MS);
}

/** Null where the request was at fault. */
function faultOf({ code, status }: HealthFailure): Fault | null {
  if (code === 'upstream_auth_error' || code === 'upstream_insufficient_balance') return 'refused';
  if (code === 'upstream_rate_limited') return 'limited';
  if (code !== 'upstream_error' && code !== 'upstream_timeout' && code !== 'upstream_overloaded') return null;
  // A gateway's page in place of the API's words: what it says with its status holds all the same.
  if (status === 401 || status === 402 || status === 403) return 'refused';
  return status === 429 ? 'limited' : 'provider';
}

function tripped(health: Health, trip: Trip): Trip {
  health.trips.unshift(trip);
  health.trips.splice(MOST_TRIPS);
  return trip;
}

function refusedFor({ code }: HealthFailure, now: number): Out {
  return { until: now + LONG_OUT_MS, kind: 'refused', reason: code, doubled: 0, probedAt: null };
}

/** Tries that fail side by side double nothing. */
function limitedFor({ code, retryAfter }: HealthFailure, before: Out | null, now: number): Out {
  const doubled = before === null ? 0 : before.doubled + (isOut(before, now) ? 0 : 1);
  const time =
    retryAfter === null ? doubledTime(FIRST_LIMIT_MS, doubled) : Math.min(retryAfter * 1000, LONGEST_ASKED_MS);
  return { until: now + time, kind: 'limited', reason: code, doubled, probedAt: null };
}

/** Puts a credential out; null where that is no news. */
function putCredentialOut(credential: CredentialHealth, out: Out, now: number): Out | null {
  const before = credential.out;
  if (before === null || !isOut(before, now)) {
    credential.out = out;
    return out.until > now ? out : null;
  }
  if (out.until <= before.until) return null;
  credential.out = out;
  return out.kind === before.kind ? null : out;
}

function failsTooOften({ failedInRow, tries }: ProviderHealth, now: number): boolean {
  const { failed, served } = tallied(tries, now);
  return failedInRow >= MOST_IN_ROW || (failed + served >= FEWEST_TRIES && failed > served);
}

/** Notes a failure of the provider itself; how long it is out where that put it out. */
function putProviderOut(provider: ProviderHealth, code: ErrorCode, now: number): Out | null {
  tally(provider.tries, 'failed', now);
  provider.failedInRow += 1;
  // What was under way when it went out says nothing new.
  if (isOut(provider.out, now) || (provider.out === null && !failsTooOften(provider, now))) return null;
  const doubled = provider.out === null ? 0 : provider.out.doubled + 1;
  const until = now + doubledTime(FIRST_OUT_MS, doubled);
  provider.out = { until, kind: 'provider', reason: code, doubled, probedAt: null };
  return provider.out;
}

/** Notes that a try begins: of a provider that was out, it is the one that decides. */
export function noteTry(health: Health, provider: string, now: number): void {
  const out = health.providers.get(provider)?.out ?? null;
  if (out !== null && now >= out.until) out.probedAt = now;
}

/** The provider has answered: what it was out for is over, unless it is still to be left in peace. */
function noteAnswer(provider: ProviderHealth, now: number): void {
  provider.failedInRow = 0;
  if (provider.out === null) tally(provider.tries, 'served', now);
  else if (now >= provider.out.until) {
    provider.out = null;
    provider.tries.seconds.clear();
    tally(provider.tries, 'served', now);
  }
}

/** Notes that a try served. */
export function noteSuccess(health: Health, provider: string, label: string, now: number): void {
  const known = providerOf(health, provider);
  noteAnswer(known, now);
  const credential = credentialOf(known, label);
  credential.out = null;
  credential.servedAt = now;
}

/** Notes that a try failed; the trip where that put the provider or the credential out. */
export function noteFailure(
  health: Health,
  provider: string,
  label: string,
  failure: HealthFailure,
  now: number,
): Trip | null {
  const known = providerOf(health, provider);
  const fault = faultOf(failure);
  if (fault === 'provider') {
    const out = putProviderOut(known, failure.code, now);
    return out === null ? null : tripped(health, { provider, label: null, until: out.until, reason: out.reason });
  }
  // It was there, and said what was wrong.
  noteAnswer(known, now);
  if (fault === null) return null;
  const credential = credentialOf(known, label);
  const wanted = fault === 'refused' ? refusedFor(failure, now) : limitedFor(failure, credential.out, now);
  const out = putCredentialOut(credential, wanted, now);
  return out === null ? null : tripped(health, { provider, label, until: out.until, reason: out.reason });
}

/**
 * How a credential stands (its own state, without its provider's), or the provider where the label is null. One whose
 * time is up is well until a try is under way that decides, and again when that has served.
 */
export function standingOf(health: Health, provider: string, label: string | null, now: number): Standing {
  const known = health.providers.get(provider);
  const out = label === null ? known?.out : known?.credentials.get(label)?.out;
  if (out === undefined || out === null) return WELL;
  if (now < out.until) return { well: false, until: out.until, reason: out.reason };
  const heardBy = (out.probedAt ?? Number.NEGATIVE_INFINITY) + PROBE_MS;
  return now < heardBy ? { well: false, until: heardBy, reason: out.reason } : WELL;
}

/** The credentials that are out for minutes, as other isolates are told of them. */
export function longTrips({ providers }: Health, now: number): Trip[] {
  const trips: Trip[] = [];
  for (const [provider, { credentials }] of providers) {
    for (const [label, { out }] of credentials) {
      if (out?.kind === 'refused' && isOut(out, now))
        trips.push({ provider, label, until: out.until, reason: out.reason });
    }
  }
  return trips;
}

/** Takes in what other isolates know: the credentials that are out for minutes, but for those that have served since. */
export function takeTrips(health: Health, trips: readonly Trip[], now: number): void {
  for (const { label, provider, reason, until } of trips) {
    if (label === null || until <= now) continue;
    const credential = credentialOf(providerOf(health, provider), label);
    if (credential.servedAt >= until - LONG_OUT_MS || until <= (credential.out?.until ?? 0)) continue;
    // Another isolate's clock may be a little ahead.
    const soonest = Math.min(until, now + LONG_OUT_MS);
    credential.out = { until: soonest, kind: 'refused', reason, doubled: 0, probedAt: null };
  }
}

/** What went out last, newest first. */
export function lastTrips({ trips }: Health): readonly Trip[] {
  return trips;
}
