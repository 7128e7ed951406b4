import type { Catalog } from '../catalog/lookup.ts';
import { type ConfiguredProvider, configuredCatalog, configuredProviders, type Variables } from './configured.ts';

/** What this deployment offers. */
export interface Offer {
  providers: ReadonlyMap<string, ConfiguredProvider>;
  catalog: Catalog;
}

/** Variables do not change while an isolate lives, so each set is read once. */
const offers = new WeakMap<Variables, Offer>();

/** The providers and models of a deployment. Throws RouterError `invalid_configuration` naming what is wrong. */
export function readOffer(variables: Variables, modelsJson: string | null): Offer {
  const known = offers.get(variables);
  if (known !== undefined) return known;
  const providers = configuredProviders(variables);
  const offer = { providers, catalog: configuredCatalog(providers, modelsJson) };
  offers.set(variables, offer);
  return offer;
}
