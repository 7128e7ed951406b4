import { RouterError } from '../protocol/errors.ts';
import { assertElsewhere } from '../providers/call.ts';
import type { ConfiguredProvider } from '../providers/configured.ts';
import type { Credential } from '../providers/credentials.ts';
import { type Standing, standingOf } from '../providers/health.ts';
import { checkProvider, type LiveCheck } from '../providers/live-check.ts';
import type { Provider } from '../providers/provider.ts';
import { isolateHealth, type Place, shareHealth, tryFailed, trySucceeded } from './health-memory.ts';

/** How one of a provider's keys stands here. */
export interface CredentialReport {
  label: string;
  standing: Standing;
  /** Null where it was not asked. */
  check: LiveCheck | null;
}

/** How a provider stands here, with or without a key. */
export interface ProviderReport {
  provider: Provider;
  /** False where a row of the catalogue disables it. */
  isActive: boolean;
  configured: ConfiguredProvider | null;
  standing: Standing;
  credentials: readonly CredentialReport[];
}

/** A provider that there is, offered or not. */
export interface KnownProvider {
  provider: Provider;
  isActive: boolean;
}

function standingNow(provider: Provider, label: string | null): Standing {
  return standingOf(isolateHealth(), provider.id, label, Date.now());
}

/** How each provider stands, as far as this isolate knows it. */
export function reportProviders(
  known: readonly KnownProvider[],
  offered: ReadonlyMap<string, ConfiguredProvider>,
): ProviderReport[] {
  return known.map(({ isActive, provider }) => {
    const configured = offered.get(provider.id) ?? null;
    const credentials = configured?.credentials ?? [];
    return {
      ...{ provider, isActive, configured, standing: standingNow(provider, null) },
      credentials: credentials.map(({ label }) => ({ label, standing: standingNow(provider, label), check: null })),
    };
  });
}

/** A list of models tells nothing of an account that was found empty: only a balance does, or an answer. */
function clears({ modelsPath }: Provider, { balance }: LiveCheck, { reason }: Standing): boolean {
  return reason !== 'upstream_insufficient_balance' || balance !== null || modelsPath === null;
}

async function checkCredential(
  place: Place,
  askedAt: string,
  configured: ConfiguredProvider,
  credential: Credential,
): Promise<CredentialReport> {
  const { provider, baseUrl } = configured;
  const { label } = credential;
  const before = standingNow(provider, label);
  const check = await checkElsewhere(configured, credential, baseUrl, askedAt);
  if (check.problem !== null) {
    const { code } = check.problem;
    tryFailed(place, provider.id, label, { status: null, code, retryAfter: null });
  } else if (clears(provider, check, before)) {
    trySucceeded(provider.id, label);
    // What was said of it in other isolates is over there too.
    if (!before.well) place.runAfter('share_health', shareHealth(place.env));
  }
  return { label, standing: standingNow(provider, label), check };
}

async function checkElsewhere(
  configured: ConfiguredProvider,
  credential: Credential,
  baseUrl: string,
  askedAt: string,
): Promise<LiveCheck> {
  try {
    if (configured.provider.answer === undefined) assertElsewhere(configured.provider, baseUrl, askedAt);
  } catch (cause) {
    if (!(cause instanceof RouterError)) throw cause;
    const problem = { code: cause.code, message: cause.message };
    return { ok: false, latencyMs: 0, problem, balance: null, unlisted: null };
  }
  return await checkProvider(configured, Date.now, undefined, credential);
}

/**
 * Asks every provider now, with each of its keys, and lets health know. `askedAt` is where the router was asked. Takes
 * some 10 s at most, however many there are.
 */
export async function checkReports(
  place: Place,
  askedAt: string,
  reports: readonly ProviderReport[],
): Promise<ProviderReport[]> {
  return await Promise.all(
    reports.map(async (report) => {
      const { configured, provider } = report;
      if (configured === null) return report;
      const { credentials: keys } = configured;
      const credentials = await Promise.all(keys.map((key) => checkCredential(place, askedAt, configured, key)));
      return { ...report, credentials, standing: standingNow(provider, null) };
    }),
  );
}
