import { type Catalog, type CatalogEntry, createCatalog } from './lookup.ts';
import type { Alias, Model } from './model.ts';
import { readModels, unlistedModel } from './read-models.ts';
import { type Prices, readPrices } from './read-prices.ts';
import { readProviders } from './read-providers.ts';
import { hiddenNames, readRoutes } from './read-routes.ts';
import type { CatalogRows, Problem } from './rows.ts';
import type { ProviderRules } from './rules.ts';
import type { BuiltIn, Sheet, Work } from './sheet.ts';

/** A provider that is only a row. */
export interface DeclaredProvider {
  id: string;
  name: string;
  baseUrl: string;
  keyVariable: string;
  rules: ProviderRules;
  models: readonly Model[];
}

/** What built-in providers and rows come to. A row that is wrong is left out, and takes no other with it. */
export interface BuiltCatalog {
  /** Disabled ones too. */
  providers: readonly DeclaredProvider[];
  /** Whether a row disables a provider, built in or not. */
  isOff(provider: string): boolean;
  problems: readonly Problem[];
  /** What the models of the providers that are there are called. */
  catalog(isThere: (provider: string) => boolean): Catalog;
}

/** What a provider brings: its models that are to be seen, with their prices, and what else they are called. */
function entryOf(sheet: Sheet, prices: Prices, hidden: ReadonlySet<string>, id: string): CatalogEntry {
  const priced = (name: string, model: Model) => ({ ...model, prices: prices.get(name) ?? model.prices });
  const own = [...sheet.models].filter(([, { isActive, provider }]) => isActive && provider === id);
  // Some clients trip over a slash; a provider's file says for itself what goes without one.
  const added = own.filter(([, { isAdded, model }]) => isAdded && !model.id.includes('/'));
  const aliases: Alias[] = [
    ...(sheet.builtIns.get(id)?.aliases ?? []),
    ...added.map(([, { model }]) => ({ name: model.id, model: model.id })),
  ];
  const anyModel = (model: string) => {
    const found = unlistedModel(sheet, `${id}/${model}`);
    return found === null ? null : priced(`${id}/${model}`, found);
  };
  return {
    id,
    models: own.map(([name, { model }]) => priced(name, model)),
    aliases: aliases.filter(({ name }) => !hidden.has(name)),
    ...(sheet.providers.get(id)?.rules.models === '*' ? { anyModel } : {}),
  };
}

/** The providers that are only rows, with their models. */
function declaredProviders(
  { builtIns, providers }: Sheet,
  modelsOf: (id: string) => readonly Model[],
): DeclaredProvider[] {
  return [...providers.values()].flatMap(({ base_url, id, key_variable, name, rules }) =>
    builtIns.has(id) || base_url === null || key_variable === null
      ? []
      : [{ id, name: name ?? id, baseUrl: base_url, keyVariable: key_variable, rules, models: modelsOf(id) }],
  );
}

/** Makes one catalogue of what is built in and the rows of the database. */
export function buildCatalog(builtIns: readonly BuiltIn[], rows: CatalogRows): BuiltCatalog {
  const work: Work = { builtIns: new Map(builtIns.map((each) => [each.id, each])), problems: [] };
  const providers = readProviders(work, rows);
  const sheet: Sheet = { ...work, providers, models: readModels(work, rows, providers) };
  const prices = readPrices(sheet, rows);
  const plans = readRoutes(sheet, rows);
  const hidden = hiddenNames(rows);
  const entries = new Map(
    [...work.builtIns.keys(), ...providers.keys()].map((id) => [id, entryOf(sheet, prices, hidden, id)]),
  );
  const isOff = (id: string) => providers.get(id)?.status === 'disabled';
  return {
    providers: declaredProviders(sheet, (id) => entries.get(id)?.models ?? []),
    isOff,
    problems: work.problems,
    catalog: (isThere) =>
      createCatalog(
        [...entries.values()].filter(({ id }) => isThere(id)),
        plans,
      ),
  };
}
