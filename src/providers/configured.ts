import { type Catalog, createCatalog } from '../catalog/lookup.ts';
import { applyOverrides } from '../catalog/overrides.ts';
import { RouterError } from '../protocol/errors.ts';
import { isSafeUrl } from '../protocol/safe-url.ts';
import type { Provider } from './provider.ts';
import { PROVIDERS } from './registry.ts';

/** A provider that this deployment offers. */
export interface ConfiguredProvider {
  provider: Provider;
  /** Empty for the test provider. */
  apiKey: string;
  /** Without a slash at the end. */
  baseUrl: string;
}

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

function readApiKey(variables: Variables, name: string): string {
  const key = text(variables, name);
  if (!/^[\x21-\x7e]*$/.test(key)) throw wrong(name, 'holds characters that no API key has');
  return key;
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
        configured.set(provider.id, { provider, apiKey: '', baseUrl: provider.baseUrl });
      continue;
    }
    const baseUrl = readBaseUrl(variables, provider.variables.baseUrl, provider.baseUrl);
    const apiKey = readApiKey(variables, provider.variables.apiKey);
    if (apiKey !== '') configured.set(provider.id, { provider, apiKey, baseUrl });
  }
  return configured;
}

/**
 * The catalogue of the offered providers, with the deployment's own models, prices and aliases (MODELS_JSON).
 * Throws RouterError `invalid_configuration` naming the entry that is wrong.
 */
export function configuredCatalog(
  configured: ReadonlyMap<string, ConfiguredProvider>,
  modelsJson: string | null,
  providers: readonly Provider[] = PROVIDERS,
): Catalog {
  // Corrections are read against all providers, so that one of an absent provider is no mistake.
  const entries = applyOverrides(providers, modelsJson ?? '');
  return createCatalog(entries.filter(({ id }) => configured.has(id)));
}
