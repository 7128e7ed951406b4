import { type Catalog, createCatalog } from '../catalog/lookup.ts';
import { applyOverrides } from '../catalog/overrides.ts';
import type { Problem } from '../catalog/rows.ts';
import { RouterError } from '../protocol/errors.ts';
import {
  type ConfiguredProvider,
  configuredCatalog,
  configuredProviders,
  type Variables,
} from '../providers/configured.ts';
import { PROVIDERS } from '../providers/registry.ts';

/**
 * What this deployment offers, whole: one that has been read is never changed, so that a request sees one catalogue from
 * its start to its end.
 */
export interface Offered {
  /** Those with a key, by id. */
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  /** What their models are called. */
  readonly catalog: Catalog;
  /** Rows of the database that are left out, and why. */
  readonly problems: readonly Problem[];
  /** Of the rows it was made of. */
  readonly revision: string;
}

/** Variables do not change while an isolate lives, so each set is read once. */
const offers = new WeakMap<Variables, Offered>();

/** The providers and models of a deployment. Throws RouterError `invalid_configuration` naming what is wrong. */
export function readOffered(variables: Variables, modelsJson: string | null): Offered {
  const known = offers.get(variables);
  if (known !== undefined) return known;
  const providers = configuredProviders(variables);
  const offer = { providers, catalog: configuredCatalog(providers, modelsJson), problems: [], revision: '' };
  offers.set(variables, offer);
  return offer;
}

/**
 * Every name this version knows, of providers without a key too: a key's list may be written before its provider is
 * there. Throws RouterError `invalid_configuration` where MODELS_JSON is wrong.
 */
export function knownCatalog(modelsJson: string | null): Catalog {
  return createCatalog(applyOverrides(PROVIDERS, modelsJson ?? ''));
}

/** Throws RouterError `invalid_configuration` where no provider is offered, for those who cannot go on without one. */
export function assertOffers({ providers }: Offered): void {
  if (providers.size > 0) return;
  const names = PROVIDERS.flatMap((provider) => provider.variables?.apiKey ?? []);
  throw new RouterError(
    'invalid_configuration',
    `This router offers no provider. Set at least one of ${names.join(', ')} in .dev.vars or with "wrangler secret put", or TEST_PROVIDER=true to try it out.`,
    { param: names[0] ?? 'TEST_PROVIDER' },
  );
}
