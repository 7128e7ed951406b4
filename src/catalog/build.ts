import type * as z from 'zod/mini';
import { isObject } from '../protocol/json.ts';
import { BUILT_IN_ROUTES } from './built-in-routes.ts';
import { modelId, reasonOf } from './fields.ts';
import { type Catalog, type CatalogEntry, createCatalog, type RoutePlan } from './lookup.ts';
import type { Alias, Model, PriceTable } from './model.ts';
import { nearestNames } from './nearest.ts';
import {
  type CatalogRows,
  type CatalogTable,
  type ModelRow,
  modelRowSchema,
  type PriceRow,
  type Problem,
  type ProviderRow,
  priceRowSchema,
  providerRowSchema,
  type RouteRow,
  routeRowSchema,
} from './rows.ts';
import { type ProviderRules, rulesSchema } from './rules.ts';

/** A provider that has a file of its own. */
export interface BuiltIn extends CatalogEntry {
  name: string;
  /** The variable of its keys; null for one that needs none. */
  keyVariable: string | null;
  /** Where its keys may go. */
  baseUrls: readonly string[];
}

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

/** A row's name, as far as it has one. */
export function rowName(table: CatalogTable, row: unknown): string {
  const { id, model, name, provider } = isObject(row) ? row : {};
  const parts = { providers: [id], routes: [name], models: [provider, id], prices: [provider, model] }[table];
  return parts.map((part) => (part === undefined || part === null ? '?' : String(part).slice(0, 200))).join('/');
}

const NO_RULES = rulesSchema.parse({});

/** What has been found so far. */
interface Work {
  builtIns: ReadonlyMap<string, BuiltIn>;
  problems: Problem[];
}

/** The rows of a table that have their form; of two with one name the later holds. */
function parseRows<T extends z.ZodMiniType>(work: Work, table: CatalogTable, rows: readonly unknown[], schema: T) {
  return rows.flatMap((row): { name: string; row: z.output<T> }[] => {
    const name = rowName(table, row);
    const parsed = schema.safeParse(row);
    if (parsed.success) return [{ name, row: parsed.data }];
    work.problems.push({ table, name, reason: reasonOf(parsed.error) });
    return [];
  });
}

/** Why a provider's row cannot be used; null where it can. */
function wrongProvider({ base_url, id, key_variable, rules }: ProviderRow, work: Work): string | null {
  const builtIn = work.builtIns.get(id);
  if (builtIn !== undefined) {
    const hasRules = JSON.stringify(rules) !== JSON.stringify(NO_RULES);
    return base_url !== null || key_variable !== null || hasRules
      ? `${id} is built in: a row may give it another name or status, and no more`
      : null;
  }
  if (base_url === null) return 'base_url is missing';
  if (key_variable === null) return 'key_variable is missing';
  const owner = [...work.builtIns.values()].find(({ keyVariable }) => keyVariable === key_variable);
  const { origin } = new URL(base_url);
  if (owner === undefined || owner.baseUrls.some((own) => new URL(own).origin === origin)) return null;
  return `key_variable ${key_variable} is ${owner.name}'s, and its keys go to ${owner.name}'s own address only`;
}

function readProviders(work: Work, rows: CatalogRows): Map<string, ProviderRow> {
  const usable = new Map<string, ProviderRow>();
  for (const { name, row } of parseRows(work, 'providers', rows.providers, providerRowSchema)) {
    const reason = wrongProvider(row, work);
    if (reason === null) usable.set(row.id, row);
    else work.problems.push({ table: 'providers', name, reason });
  }
  return usable;
}

/** A model by what it is called, and whether a row hides it. */
interface KnownModel {
  provider: string;
  model: Model;
  isActive: boolean;
  /** True for one that no provider's file has. */
  isAdded: boolean;
}

/** What the rows say, as far as they are right. */
interface Sheet extends Work {
  providers: ReadonlyMap<string, ProviderRow>;
  models: ReadonlyMap<string, KnownModel>;
}

/** A model of which nothing is known yet. */
function blankModel(
  { builtIns, providers }: Pick<Sheet, 'builtIns' | 'providers'>,
  provider: string,
  id: string,
): Model {
  return {
    id,
    contextLength: null,
    maxOutput: null,
    inputs: null,
    tools: null,
    thinking: null,
    structured: builtIns.get(provider)?.models[0]?.structured ?? 'schema',
    wantsReasoning: providers.get(provider)?.rules.wants_reasoning ?? false,
    prices: [],
    created: 0,
  };
}

/** A model with what its row says of it; what the row leaves out stays. */
function correctModel(model: Model, row: ModelRow): Model {
  const { embedding, note = null, ...rest } = model;
  const isEmbedding = row.kind === null ? embedding !== undefined : row.kind === 'embedding';
  const text = row.note ?? note;
  return {
    ...rest,
    contextLength: row.context_length ?? model.contextLength,
    maxOutput: row.max_output ?? model.maxOutput,
    inputs: row.inputs ?? model.inputs,
    tools: row.tools ?? model.tools,
    thinking: row.thinking ?? model.thinking,
    wantsReasoning: row.wants_reasoning ?? model.wantsReasoning,
    ...(isEmbedding ? { embedding: embedding ?? { maxInputs: null, dimensions: null } } : {}),
    ...(text === null ? {} : { note: text }),
  };
}

function readModels(
  work: Work,
  rows: CatalogRows,
  providers: ReadonlyMap<string, ProviderRow>,
): ReadonlyMap<string, KnownModel> {
  const models = new Map<string, KnownModel>();
  for (const { id: provider, models: own } of work.builtIns.values()) {
    for (const model of own) models.set(`${provider}/${model.id}`, { provider, model, isActive: true, isAdded: false });
  }
  for (const { name, row } of parseRows(work, 'models', rows.models, modelRowSchema)) {
    const { id, provider, status } = row;
    if (!providers.has(provider) && !work.builtIns.has(provider)) {
      work.problems.push({ table: 'models', name, reason: `there is no provider ${provider}` });
      continue;
    }
    const known = models.get(name);
    const model = correctModel(known?.model ?? blankModel({ ...work, providers }, provider, id), row);
    models.set(name, { provider, model, isActive: status === 'active', isAdded: known?.isAdded ?? true });
  }
  return models;
}

/** A model that is not listed, where its provider takes any id; null for what is no such name. */
function unlistedModel(sheet: Sheet, name: string): Model | null {
  const slash = name.indexOf('/');
  const [provider, id] = [name.slice(0, Math.max(0, slash)), name.slice(slash + 1)];
  const isTaken = sheet.models.has(name) || sheet.providers.get(provider)?.rules.models !== '*';
  return isTaken || !modelId.safeParse(id).success ? null : blankModel(sheet, provider, id);
}

/** A model by its full name, hidden ones too; null where there is none. */
function modelNamed(sheet: Sheet, name: string): Model | null {
  return sheet.models.get(name)?.model ?? unlistedModel(sheet, name);
}

/** A price's name in bills: its own, or what the database would have stamped. */
function revisionOf({ id, revision, valid_from }: PriceRow): string {
  return revision ?? `${valid_from.slice(0, 10)}-${id}`;
}

function priceTable(row: PriceRow, output: number): PriceTable {
  const { bands, cache_write, cache_write_hour, cached, input, tools, valid_from } = row;
  return {
    validFrom: valid_from,
    revision: revisionOf(row),
    ...{ input, cached: cached ?? input, output },
    ...(cache_write === null ? {} : { cacheWrite: cache_write }),
    ...(cache_write_hour === null ? {} : { cacheWriteHour: cache_write_hour }),
    ...(bands === null ? {} : { bands }),
    ...(tools === null ? {} : { tools }),
  };
}

/** Prices by the model's full name. */
type Prices = ReadonlyMap<string, readonly PriceTable[]>;

/** Adds a row to the prices of its model, behind those that were written before it. Says what is in the way. */
function addPrice(
  prices: Map<string, readonly PriceTable[]>,
  name: string,
  row: PriceRow,
  model: Model,
): string | null {
  const output = row.output ?? (model.embedding === undefined ? null : 0);
  if (output === null) return 'output is missing';
  const before = prices.get(name) ?? model.prices;
  const table = priceTable(row, output);
  if (before.some(({ revision }) => revision === table.revision)) {
    return `there is another price of the revision ${table.revision}: a bill could not tell them apart`;
  }
  prices.set(name, [...before, table]);
  return null;
}

/** The prices of every model that has rows, built-in ones first. */
function readPrices(sheet: Sheet, rows: CatalogRows): Prices {
  const prices = new Map<string, readonly PriceTable[]>();
  const read = parseRows(sheet, 'prices', rows.prices, priceRowSchema);
  for (const { name, row } of read.sort((one, other) => one.row.id - other.row.id)) {
    const model = modelNamed(sheet, name);
    const reason = model === null ? `there is no model ${name}` : addPrice(prices, name, row, model);
    if (reason !== null) sheet.problems.push({ table: 'prices', name, reason });
  }
  return prices;
}

/** Why a route cannot be used, or one of its targets; null where all is well. */
function wrongRoute(sheet: Sheet, { name, status, targets }: RouteRow): string | null {
  if (sheet.models.get(name)?.isActive) return 'a model has this name already';
  if (targets === null) return status === 'active' ? 'targets is missing' : null;
  // Each by its name: a route that loses another of its models has a problem more.
  const [missing, ...others] = targets.flatMap(({ model }) => (modelNamed(sheet, model) === null ? [model] : []));
  if (missing === undefined) return null;
  const nearest = nearestNames(missing, sheet.models.keys());
  const advice = nearest.length === 0 ? '' : `. Did you mean ${nearest.join(' or ')}?`;
  return `there is no model ${[missing, ...others].map((model) => model.slice(0, 200)).join(' nor ')}${advice}`;
}

/** The routes of the rows, and those built-in ones whose place no row takes. */
function readRoutes(sheet: Sheet, rows: CatalogRows): RoutePlan[] {
  const own = new Map<string, RoutePlan | null>();
  for (const { name, row } of parseRows(sheet, 'routes', rows.routes, routeRowSchema)) {
    const reason = wrongRoute(sheet, row);
    if (reason !== null) sheet.problems.push({ table: 'routes', name, reason });
    if (row.status === 'disabled') own.set(name, null);
    // A target that is not there is passed over like one that is down: the others go on serving.
    const targets = row.targets?.filter(({ model }) => modelNamed(sheet, model) !== null) ?? [];
    if (row.status === 'disabled' || targets.length === 0 || sheet.models.get(name)?.isActive) continue;
    own.set(name, { name, targets, spread: row.spread, note: row.note, endpoint: null });
  }
  const builtIn = BUILT_IN_ROUTES.filter(({ name }) => !own.has(name));
  return [...own.values(), ...builtIn].flatMap((plan) => plan ?? []);
}

/** Names of models that rows hide. */
function hiddenNames(rows: CatalogRows): ReadonlySet<string> {
  const disabled = rows.routes.filter((row) => isObject(row) && row['status'] === 'disabled');
  return new Set(disabled.map((row) => rowName('routes', row)));
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
