import { buildCatalog } from '../catalog/build.ts';
import type { Catalog } from '../catalog/lookup.ts';
import type { Problem } from '../catalog/rows.ts';
import type { BuiltIn } from '../catalog/sheet.ts';
import { logLine } from '../log-line.ts';
import { RouterError } from '../protocol/errors.ts';
import {
  type ConfiguredProvider,
  configureDeclared,
  configuredProviders,
  type Variables,
} from '../providers/configured.ts';
import { declareProvider } from '../providers/declared.ts';
import type { Provider } from '../providers/provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { StoredCatalog } from '../store/catalog.ts';

/**
 * What this deployment offers, whole: one that has been read is never changed, so that a request sees one catalogue from
 * its start to its end.
 */
export interface Offered {
  /** Those with a key that no row disables, by id. */
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  /** All that are known, with a key or without, and whether a row disables one. */
  readonly all: readonly { provider: Provider; isActive: boolean }[];
  /** What their models are called. */
  readonly catalog: Catalog;
  /** Rows of the database that are left out, and why. */
  readonly problems: readonly Problem[];
  /** Of the rows it was made of. */
  readonly revision: string;
}

/** Said while a variable is set that does nothing any more. */
export const MODELS_JSON_NOTICE =
  'MODELS_JSON is set and no longer read: npm run models -- import FILE puts it into the database; then remove the variable.';

/** What there is where the database has no rows, or nobody has read it yet. */
export const NO_ROWS: StoredCatalog = { revision: '', providers: [], models: [], prices: [], routes: [] };

/** The providers that have a file of their own; `variables` say where else than usual one is. */
export function builtInsOf(variables: Variables): BuiltIn[] {
  return PROVIDERS.map(({ aliases, baseUrl, id, models, name, variables: names }) => {
    const other: unknown = names?.baseUrl == null ? undefined : Reflect.get(variables, names.baseUrl);
    const isOther = typeof other === 'string' && URL.canParse(other);
    return {
      ...{ id, name, models, aliases },
      keyVariable: names?.apiKey ?? null,
      baseUrls: isOther ? [other, baseUrl] : [baseUrl],
    };
  });
}

function build(variables: Variables, rows: StoredCatalog): Offered {
  const built = buildCatalog(builtInsOf(variables), rows);
  const problems = [...built.problems];
  const builtIn = PROVIDERS.filter(({ id }) => !built.isOff(id));
  const declared = built.providers.map(declareProvider);
  const providers = new Map(configuredProviders(variables, builtIn));
  for (const provider of declared) {
    const read = configureDeclared(variables, provider);
    if (read.kind === 'configured' && !built.isOff(provider.id)) providers.set(provider.id, read.configured);
    if (read.kind === 'wrong') problems.push({ table: 'providers', name: provider.id, reason: read.reason });
  }
  const all = [...PROVIDERS, ...declared].map((provider) => ({ provider, isActive: !built.isOff(provider.id) }));
  for (const { name, reason, table } of problems) logLine('error', 'catalog_problem', { table, name, reason });
  const catalog = built.catalog((id) => providers.has(id));
  return { providers, all, catalog, problems, revision: rows.revision };
}

/** Variables do not change while an isolate lives, and rows seldom: what they come to is made once. */
const offers = new WeakMap<Variables, { rows: StoredCatalog; offered: Offered }>();

/** What variables and rows come to. Throws RouterError `invalid_configuration` naming a variable that is wrong. */
export function offeredOf(variables: Variables, rows: StoredCatalog): Offered {
  const known = offers.get(variables);
  if (known?.rows === rows) return known.offered;
  const offered = build(variables, rows);
  offers.set(variables, { rows, offered });
  return offered;
}

/** Every name there is, of providers without a key too: a key's list may be written before its provider is there. */
export function knownCatalog(rows: StoredCatalog): Catalog {
  return buildCatalog(builtInsOf({}), rows).catalog(() => true);
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
