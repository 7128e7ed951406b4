import * as z from 'zod/mini';
import { inTime } from '../in-time.ts';
import { logLine } from '../log-line.ts';
import { parseJson } from '../protocol/json.ts';
import {
  type Health,
  type HealthFailure,
  longTrips,
  newHealth,
  noteFailure,
  noteSuccess,
  noteTry,
  type Trip,
  takeTrips,
} from '../providers/health.ts';

/** What a note may lead to: a word to the other isolates. */
export interface Place {
  env: Pick<Cloudflare.Env, 'KEY_CACHE'>;
  runAfter(name: string, job: Promise<unknown>): void;
}

const RECORD = 'health';
const READ_AGAIN_MS = 25_000;
const CACHE_TIMEOUT_MS = 1_000;
/** KV's shortest. */
const CACHE_TTL_SECONDS = 30;
/** As long as its longest entry. */
const EXPIRY_SECONDS = 300;

/** One isolate's health. It lives as long as the isolate does. */
let health = newHealth();
let readAt = Number.NEGATIVE_INFINITY;

/** What this isolate knows of providers and credentials. */
export function isolateHealth(): Health {
  return health;
}

/** Begins anew, for tests. */
export function forgetHealth(): void {
  health = newHealth();
  readAt = Number.NEGATIVE_INFINITY;
}

const recordSchema = z.looseObject({
  trips: z.array(z.looseObject({ provider: z.string(), label: z.string(), until: z.number(), reason: z.string() })),
});

async function readRecord(env: Place['env']): Promise<Trip[]> {
  const options = { type: 'text', cacheTtl: CACHE_TTL_SECONDS } as const;
  const text = await inTime(CACHE_TIMEOUT_MS, env.KEY_CACHE.get(RECORD, options));
  const parsed = recordSchema.safeParse(parseJson(text ?? ''));
  return parsed.success ? parsed.data.trips : [];
}

function namesOf(trips: readonly Trip[]): string {
  return JSON.stringify(trips.map(({ label, provider }) => `${provider} ${label}`).sort());
}

/** Takes in what other isolates know, and tells them what this one knows better: one read, and seldom a write. */
export async function shareHealth(env: Place['env']): Promise<void> {
  readAt = Date.now();
  const known = (await readRecord(env)).filter(({ until }) => until > readAt);
  takeTrips(health, known, readAt);
  const trips = longTrips(health, readAt);
  if (namesOf(trips) === namesOf(known)) return;
  await env.KEY_CACHE.put(RECORD, JSON.stringify({ trips }), { expirationTtl: EXPIRY_SECONDS });
}

/** Shares it in the background where that has not been done for a while. Costs a request nothing. */
export function keepHealthShared({ env, runAfter }: Place): void {
  if (Date.now() - readAt >= READ_AGAIN_MS) runAfter('share_health', shareHealth(env));
}

/** Notes that a try begins. */
export function tryBegins(provider: string): void {
  noteTry(health, provider, Date.now());
}

/** Notes that a try served. */
export function trySucceeded(provider: string, label: string): void {
  noteSuccess(health, provider, label, Date.now());
}

/** Notes that a try failed. A trip is logged, and told to other isolates where it lasts for minutes. */
export function tryFailed({ env, runAfter }: Place, provider: string, label: string, failure: HealthFailure): void {
  const trip = noteFailure(health, provider, label, failure, Date.now());
  if (trip === null) return;
  const { reason, until } = trip;
  const fields = { provider, credential: trip.label, reason, until: new Date(until).toISOString() };
  logLine('error', trip.label === null ? 'provider_out' : 'credential_out', fields);
  const isLong = longTrips(health, Date.now()).some((long) => long.provider === provider && long.label === trip.label);
  if (isLong) runAfter('share_health', shareHealth(env));
}
