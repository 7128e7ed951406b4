import type * as z from 'zod/mini';
import { RouterError } from '../protocol/errors.ts';
import { isObject } from '../protocol/json.ts';
import { findJsonFault } from '../protocol/json-fault.ts';
import type { CatalogEntry } from './lookup.ts';
import type { Alias, Model, PriceTable } from './model.ts';
import { type ModelOverride, type Overrides, overridesSchema } from './override-schema.ts';

/*
 * A deployment's own models, prices and aliases, as one JSON variable: no table to migrate, no read on the way of
 * a request, and a change is a deployment like any other, with a history.
 */

/** Says where the fault is and never what stands there: whatever is in a variable by mistake may be a secret. */
function wrong(where: string, why: string): RouterError {
  return new RouterError(
    'invalid_configuration',
    `MODELS_JSON is wrong at ${where}: ${why}. See "Adding models" in .github/docs/models-and-routes.md.`,
    {
      param: 'MODELS_JSON',
    },
  );
}

/** An entry by its name where that is one of ours, else by its place in the list. */
function entryPlace(
  list: 'models' | 'aliases',
  name: string,
  position: number,
  known: readonly CatalogEntry[],
): string {
  const isOurs = known.some((entry) => hasModel(entry, name) || entry.aliases.some((alias) => alias.name === name));
  return `"${list}" > ${isOurs ? `"${name}"` : `entry ${position + 1}`}`;
}

/** JavaScript has its own use for this one name, and objects that are copied lose it without a word. */
function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw wrong('"__proto__"', 'nothing can have this name');
  return value;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json.trim(), refuseProto);
  } catch (cause) {
    if (cause instanceof RouterError) throw cause;
    const { line, column } = findJsonFault(json.replace(/^\ufeff/, '')) ?? { line: 1, column: 1 };
    throw wrong(`line ${line}, column ${column}`, 'it is not JSON');
  }
}

/** A place in the value. The names of entries are the operator's, all others are ours or numbers. */
function placeOf(path: readonly PropertyKey[], value: unknown, known: readonly CatalogEntry[]): string {
  const [list, name, ...rest] = path;
  if (list !== 'models' && list !== 'aliases') return 'its first level';
  const entries = isObject(value) && isObject(value[list]) ? Object.keys(value[list]) : [];
  const place =
    typeof name === 'string' ? entryPlace(list, name, Math.max(0, entries.indexOf(name)), known) : `"${list}"`;
  return [place, ...rest.map((step) => (typeof step === 'number' ? `[${step}]` : `"${String(step)}"`))].join(' > ');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((inner: unknown, step) => (inner instanceof Object ? Reflect.get(inner, step) : undefined), value);
}

/** What is wrong with a value, in words of ours: a name that nobody knows is told by its place. */
function reasonOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== 'unrecognized_keys' || !isObject(value)) return issue.message;
  return `member ${Object.keys(value).indexOf(issue.keys[0] ?? '') + 1} of it is not known here`;
}

function parse(json: string, known: readonly CatalogEntry[]): Overrides {
  const value = parseJson(json);
  const parsed = overridesSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  throw wrong(
    placeOf(path, value, known),
    issue === undefined ? 'it is not valid' : reasonOf(issue, valueAt(value, path)),
  );
}

function checkName(name: string, where: string): void {
  if (!/^\S*[^\s/]$/.test(name)) throw wrong(where, 'a name has no blanks, and does not end with a slash');
}

/** A row of the ledger names its price by the revision alone. */
function checkRevisions({ prices }: Model, where: string): void {
  const revisions = prices.map(({ revision }) => revision);
  if (new Set(revisions).size === revisions.length) return;
  throw wrong(`${where} > "prices"`, 'there are two prices of one revision');
}

/** What a new model does not say of itself is the least; how it answers in JSON is its provider's affair. */
function newModel({ models }: CatalogEntry, id: string, override: ModelOverride, where: string): Model {
  const { contextLength, maxOutput, prices } = override;
  if (contextLength === undefined || maxOutput === undefined || prices === undefined) {
    throw wrong(where, 'a new model needs contextLength, maxOutput and prices');
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

function withModel(entry: CatalogEntry, id: string, override: ModelOverride, where: string): CatalogEntry {
  const known = entry.models.find((model) => model.id === id);
  const changed = known === undefined ? newModel(entry, id, override, where) : correctedModel(known, override);
  checkRevisions(changed, where);
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

/** The entry whose provider a name begins with; `what` says whose name it is. */
function entryOf(entries: readonly CatalogEntry[], name: string, where: string, what: string): CatalogEntry {
  const provider = name.slice(0, Math.max(0, name.indexOf('/')));
  const entry = entries.find(({ id }) => id === provider);
  if (entry !== undefined) return entry;
  const known = entries.map(({ id }) => id).join(', ');
  throw wrong(where, `${what} does not begin with a provider and a slash (${known})`);
}

function hasModel({ id, models }: CatalogEntry, name: string): boolean {
  return models.some((model) => `${id}/${model.id}` === name);
}

/**
 * The providers' entries with a deployment's additions and corrections (an empty text for none).
 * Throws RouterError `invalid_configuration` naming the entry that is wrong.
 */
export function applyOverrides(entries: readonly CatalogEntry[], json: string): readonly CatalogEntry[] {
  if (json.trim() === '') return entries;
  const { models, aliases } = parse(json, entries);
  let result = entries;
  for (const [position, [name, override]] of Object.entries(models).entries()) {
    const where = entryPlace('models', name, position, entries);
    const entry = entryOf(result, name, where, 'its name');
    checkName(name, where);
    const changed = withModel(entry, name.slice(entry.id.length + 1), override, where);
    result = result.map((each) => (each === entry ? changed : each));
  }
  for (const [position, [name, { model: target, parameters, note }]] of Object.entries(aliases).entries()) {
    const where = entryPlace('aliases', name, position, entries);
    checkName(name, where);
    const entry = entryOf(result, target, where, 'its model');
    if (!hasModel(entry, target)) throw wrong(where, `'${entry.id}' has no model of the name that it stands for`);
    if (result.some((each) => hasModel(each, name))) throw wrong(where, 'a model has this name already');
    const model = target.slice(entry.id.length + 1);
    result = withAlias(result, entry.id, { name, model, parameters, isRoute: true, ...(note === '' ? {} : { note }) });
  }
  return result;
}
