import { type ErrorCode, RouterError } from '../protocol/errors.ts';
import { isObject, parseJson } from '../protocol/json.ts';
import { type ProviderCall, plainFetch } from './call.ts';
import type { ConfiguredProvider } from './configured.ts';
import { type Credential, secretsOf } from './credentials.ts';
import { failureIn200, readFailure } from './failure.ts';
import { providerHeaders } from './headers.ts';
import type { Balance } from './read-balance.ts';

/** Why a provider did not answer as it should. */
interface Problem {
  code: ErrorCode;
  message: string;
}

/** What a live check found. Nothing in it is secret. */
export interface LiveCheck {
  ok: boolean;
  latencyMs: number;
  /** Our error where the provider did not answer as it should. */
  problem: Problem | null;
  /** As the provider says it; null where it has no route for it, or gave no answer. */
  balance: string | null;
  /** Models of the catalogue that the provider does not list; null where it has no list. */
  unlisted: string[] | null;
}

const TIMEOUT_MS = 10_000;

interface Probe {
  configured: ConfiguredProvider;
  credential: Credential;
  signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
  fetch: NonNullable<ProviderCall['fetch']>;
}

/** Asks one path of the provider. Rejects with RouterError for whatever is not a good JSON answer. */
async function ask(probe: Probe, path: string, body: unknown = null): Promise<unknown> {
  const { provider, baseUrl } = probe.configured;
  const secrets = secretsOf(probe.configured);
  const init = {
    method: body === null ? 'GET' : 'POST',
    headers: providerHeaders(probe.credential.secret, provider.auth),
    signal: probe.signal,
    redirect: 'manual',
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  } as const;
  const response = await probe.fetch(baseUrl + path, init);
  if (!response.ok) throw provider.error(await readFailure(response, secrets, probe.now()));
  const text = await response.text();
  const answer = parseJson(text);
  if (isObject(answer) && answer['error'] == null) return answer;
  throw provider.error(failureIn200(text, secrets));
}

function unlistedModels({ provider }: ConfiguredProvider, list: unknown): string[] | null {
  if (!isObject(list) || !Array.isArray(list['data'])) return null;
  const entries: unknown[] = list['data'];
  const ids = new Set(entries.map((entry) => (isObject(entry) ? entry['id'] : null)));
  return provider.models.map(({ id }) => id).filter((id) => !ids.has(id));
}

/**
 * The model list where the provider has one, else one token of its first model: the one that people use.
 * A free one would answer even where the account is empty.
 */
async function probeModels(probe: Probe): Promise<string[] | null> {
  const { provider } = probe.configured;
  // One that answers out of the Worker is there.
  if (provider.answer !== undefined) return null;
  if (provider.modelsPath !== null) return unlistedModels(probe.configured, await ask(probe, provider.modelsPath));
  const first = provider.models.find(({ embedding }) => embedding === undefined);
  if (first === undefined) return null;
  const messages = [{ role: 'user', content: 'hi' }];
  await ask(probe, '/chat/completions', { model: first.id, messages, [provider.limitName]: 1 });
  return null;
}

/** The balance is a bonus: a route that fails is not a provider that fails. */
async function probeBalance(probe: Probe): Promise<Balance | null> {
  const { balance } = probe.configured.provider;
  if (balance === undefined) return null;
  try {
    return balance.read(await ask(probe, balance.path));
  } catch {
    return null;
  }
}

function problemOf(error: unknown, name: string, signal: AbortSignal): Problem {
  if (error instanceof RouterError) return { code: error.code, message: error.message };
  return signal.aborted
    ? { code: 'upstream_timeout', message: `${name} did not answer within ${TIMEOUT_MS / 1000} s.` }
    : { code: 'upstream_error', message: `${name} could not be reached. Check its base URL.` };
}

function emptyAccount(name: string, { text }: Balance): Problem {
  const message = `${name} answers, but refuses requests until the account has money again (balance ${text}).`;
  return { code: 'upstream_insufficient_balance', message };
}

/** Calls a provider once or twice with one of its keys, to see that it works from here. Takes at most 10 s, never rejects. */
export async function checkProvider(
  configured: ConfiguredProvider,
  now: () => number,
  fetch: Probe['fetch'] = plainFetch,
  credential: Credential = configured.credentials[0],
): Promise<LiveCheck> {
  const startedAt = now();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const probe: Probe = { configured, credential, signal, now, fetch };
  const asked = probeBalance(probe);
  let problem: Problem | null = null;
  let unlisted: string[] | null = null;
  try {
    unlisted = await probeModels(probe);
  } catch (error) {
    problem = problemOf(error, configured.provider.name, signal);
  }
  const latencyMs = now() - startedAt;
  const balance = await asked;
  if (balance?.isEmpty) problem ??= emptyAccount(configured.provider.name, balance);
  return { ok: problem === null, latencyMs, problem, balance: balance?.text ?? null, unlisted };
}
