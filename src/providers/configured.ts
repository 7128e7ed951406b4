import { RouterError } from '../protocol/errors.ts';
import { isSafeUrl } from '../protocol/safe-url.ts';
import { type Credential, readCredentials } from './credentials.ts';
import type { Provider } from './provider.ts';
import { PROVIDERS } from './registry.ts';

/** A provider that this deployment offers. */
export interface ConfiguredProvider {
  provider: Provider;
  /** Without a slash at the end. */
  baseUrl: string;
  /** In the order of its variable. The test provider has one without a secret. */
  credentials: readonly [Credential, ...Credential[]];
}

/** What the test provider is called with. */
const NO_CREDENTIAL: Credential = { label: '#1', secret: '' };

/** The variables by name, as the platform gives them. */
export type Variables = object;

function text(variables: Variables, name: string): string {
  const value: unknown = Reflect.get(variables, name);
  // A binding written as JSON may be a boolean.
  return typeof value === 'string' || typeof value === 'boolean' ? String(value).trim() : '';
}

function wrong(name: string, why: string): RouterError {
  return new RouterError(
    'invalid_configuration',
    `The variable ${name} ${why}. Correct it in .dev.vars or with "wrangler secret put ${name}".`,
    { param: name },
  );
}

/** https, or http to this machine; without user info, query or fragment, which would be sent along or lost. */
function readBaseUrl(variables: Variables, name: string, fallback: string): string {
  const value = text(variables, name) || fallback;
  if (!URL.canParse(value)) throw wrong(name, 'is not a URL');
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') throw wrong(name, 'must not hold a user or a password');
  if (url.search !== '' || url.hash !== '') throw wrong(name, 'must not hold a query or a fragment');
  if (!isSafeUrl(url)) throw wrong(name, 'must begin with https:// (http:// only for this machine)');
  return url.href.replace(/\/+$/, '');
}

function readKeys(variables: Variables, name: string): readonly Credential[] {
  const read = readCredentials(text(variables, name));
  if (read.kind === 'wrong') throw wrong(name, read.reason);
  return read.credentials;
}

/** What a provider of the catalogue comes to here. */
export type Declared =
  | { kind: 'configured'; configured: ConfiguredProvider }
  /** Its variable is not there. */
  | { kind: 'absent' }
  | { kind: 'wrong'; reason: string };

/** A provider that is only data, with the keys of its variable. One that is wrong is no other's trouble. */
export function configureDeclared(variables: Variables, provider: Provider): Declared {
  const name = provider.variables?.apiKey ?? '';
  const read = readCredentials(text(variables, name));
  if (read.kind === 'wrong') return { kind: 'wrong', reason: `the variable ${name} ${read.reason}` };
  const [first, ...others] = read.credentials;
  if (first === undefined) return { kind: 'absent' };
  const { baseUrl } = provider;
  return { kind: 'configured', configured: { provider, baseUrl, credentials: [first, ...others] } };
}

/**
 * The providers this deployment offers, by id, in the registry's order: those with a key, and the test provider
 * where TEST_PROVIDER is `true`. Throws RouterError `invalid_configuration` naming the variable that is wrong.
 */
export function configuredProviders(
  variables: Variables,
  providers: readonly Provider[] = PROVIDERS,
): ReadonlyMap<string, ConfiguredProvider> {
  const configured = new Map<string, ConfiguredProvider>();
  for (const provider of providers) {
    if (provider.variables === null) {
      if (text(variables, 'TEST_PROVIDER') === 'true')
        configured.set(provider.id, { provider, baseUrl: provider.baseUrl, credentials: [NO_CREDENTIAL] });
      continue;
    }
    const { apiKey, baseUrl: urlVariable } = provider.variables;
    const baseUrl = urlVariable === null ? provider.baseUrl : readBaseUrl(variables, urlVariable, provider.baseUrl);
    const [first, ...others] = readKeys(variables, apiKey);
    if (first !== undefined) configured.set(provider.id, { provider, baseUrl, credentials: [first, ...others] });
  }
  return configured;
}
