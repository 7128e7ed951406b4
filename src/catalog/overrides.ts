import { RouterError } from '../protocol/errors.ts';
import type { CatalogEntry } from './lookup.ts';
import type { Alias, Model, PriceTable } from './model.ts';
import { type ModelOverride, type Overrides, overridesSchema } from './override-schema.ts';

/*
 * A deployment's own models, prices and aliases, as one JSON variable: no table to migrate, no read on the way of
 * a request, and a change is a deployment like any other, with a history.
 */

function wrong(where: string, why: string): RouterError {
  return new RouterError(
    'invalid_configuration',
    `MODELS_JSON is wrong at ${where}: ${why}. See "Adding models" in the README.`,
    {
      param: 'MODELS_JSON',
    },
  );
}

/** JavaScript has its own use for this one name, and objects that are copied lose it without a word. */
function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw wrong('"__proto__"', 'nothing can have this name');
  return value;
}

function parse(json: string): Overrides {
  let value: unknown;
  try {
    value = JSON.parse(json, refuseProto);
  } catch (cause) {
    if (cause instanceof RouterError) throw cause;
    throw wrong('its first level', `it is not JSON (${cause instanceof Error ? cause.message : 'unreadable'})`);
  }
  const parsed = overridesSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.map((step) => (typeof step === 'number' ? `[${step}]` : `"${String(step)}"`)).join(' > ');
  throw wrong(where || 'its first level', issue?.message ?? 'it is not valid');
}

function checkName(name: string, where: string): void {
  if (!/^\S*[^\s/]$/.test(name)) throw wrong(where, 'a name has no blanks, and does not end with a slash');
}

/** A row of the ledger names its price by the revision alone. */
function checkRevisions({ prices }: Model, name: string): void {
  const revisions = prices.map(({ revision }) => revision);
  const twice = revisions.find((revision, position) => revisions.indexOf(revision) !== position);
  if (twice !== undefined) {
    throw wrong(`"models" > "${name}" > "prices"`, `there are two prices of the revision '${twice}'`);
  }
}

/** What a new model does not say of itself is the least; how it answers in JSON is its provider's affair. */
function newModel({ models }: CatalogEntry, name: string, id: string, override: ModelOverride): Model {
  const { contextLength, maxOutput, prices } = override;
  if (contextLength === undefined || maxOutput === undefined || prices === undefined) {
    throw wrong(`"models" > "${name}"`, 'a new model needs contextLength, maxOutput and prices');
  }
  return {
    inputs: ['text'],
    tools: true,
    thinking: { kind: 'none' },
    structured: models[0]?.structured ?? 'schema',
    wantsReasoning: false,
    created: 0,
    ...override,
    id,
    contextLength,
    maxOutput,
    prices,
  };
}

/** Own price tables are put after the known ones, so that they hold from their day on and the past stays. */
function correctedModel(model: Model, override: ModelOverride): Model {
  const prices: PriceTable[] = [...model.prices, ...(override.prices ?? [])];
  return { ...model, ...override, prices };
}

function withModel(entry: CatalogEntry, name: string, override: ModelOverride): CatalogEntry {
  const id = name.slice(entry.id.length + 1);
  const known = entry.models.find((model) => model.id === id);
  const changed = known === undefined ? newModel(entry, name, id, override) : correctedModel(known, override);
  checkRevisions(changed, name);
  const models =
    known === undefined ? [...entry.models, changed] : entry.models.with(entry.models.indexOf(known), changed);
  return { ...entry, models };
}

/** Puts an alias in, in place of any other of that name. */
function withAlias(entries: readonly CatalogEntry[], provider: string, alias: Alias): CatalogEntry[] {
  return entries.map((entry) => {
    const others = entry.aliases.filter(({ name }) => name !== alias.name);
    return { ...entry, aliases: entry.id === provider ? [...others, alias] : others };
  });
}

/** The entry whose provider a name begins with. */
function entryOf(entries: readonly CatalogEntry[], name: string, where: string): CatalogEntry {
  const provider = name.slice(0, Math.max(0, name.indexOf('/')));
  const entry = entries.find(({ id }) => id === provider);
  if (entry !== undefined) return entry;
  const known = entries.map(({ id }) => id).join(', ');
  throw wrong(where, `'${name}' does not begin with a provider and a slash (${known})`);
}

function hasModel({ id, models }: CatalogEntry, name: string): boolean {
  return models.some((model) => `${id}/${model.id}` === name);
}

/**
 * The providers' entries with a deployment's additions and corrections (an empty text for none).
 * Throws RouterError `invalid_configuration` naming the entry that is wrong.
 */
export function applyOverrides(entries: readonly CatalogEntry[], json: string): readonly CatalogEntry[] {
  const text = json.trim();
  if (text === '') return entries;
  const { models, aliases } = parse(text);
  let result = entries;
  for (const [name, override] of Object.entries(models)) {
    const where = `"models" > "${name}"`;
    const entry = entryOf(result, name, where);
    checkName(name, where);
    const changed = withModel(entry, name, override);
    result = result.map((each) => (each === entry ? changed : each));
  }
  for (const [name, { model: target, parameters, note }] of Object.entries(aliases)) {
    const where = `"aliases" > "${name}"`;
    checkName(name, where);
    const entry = entryOf(result, target, where);
    if (!hasModel(entry, target)) throw wrong(where, `there is no model '${target}'`);
    if (result.some((each) => hasModel(each, name))) throw wrong(where, 'a model has this name already');
    const model = target.slice(entry.id.length + 1);
    result = withAlias(result, entry.id, { name, model, parameters, ...(note === '' ? {} : { note }) });
  }
  return result;
}
