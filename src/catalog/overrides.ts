import * as z from 'zod';
import { RouterError } from '../protocol/errors.ts';
import type { CatalogEntry } from './lookup.ts';
import type { Alias, Model, PriceTable } from './model.ts';

/*
 * A deployment's own models, prices and aliases, as one JSON variable: no table to migrate, no read on the way of
 * a request, and a change is a deployment like any other, with a history.
 */

/** Six decimals keep the arithmetic of bills exact. */
const usd = z
  .number()
  .nonnegative()
  .refine((value) => Math.abs(value * 1e6 - Math.round(value * 1e6)) < 1e-6, 'must have at most six decimals');

const pricesShape = {
  input: usd,
  cached: usd,
  output: usd,
  cacheWrite: usd.exactOptional(),
  cacheWriteHour: usd.exactOptional(),
};

const isoDate = z
  .string()
  .refine((value) => /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)), 'must be a date: 2026-12-31');

const hour = z.number().min(0).max(24);

const bandSchema = z.strictObject({
  name: z.string().min(1),
  weekdays: z.array(z.number().int().min(0).max(6)),
  hours: z.array(z.strictObject({ from: hour, to: hour })),
  holidays: z.array(isoDate).default([]),
  prices: z.strictObject(pricesShape),
});

const tableSchema = z.strictObject({
  validFrom: isoDate,
  revision: z.string().min(1),
  ...pricesShape,
  bands: z.array(bandSchema).exactOptional(),
});

const thinkingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('always'), efforts: z.array(z.string()).default([]) }),
  z.strictObject({
    kind: z.literal('switch'),
    default: z.enum(['on', 'off']).default('on'),
    efforts: z.array(z.string()).default([]),
  }),
]);

const count = z.number().int().positive();

/** What may be said of a model: all of it for a new one, only what changes for one that is known. */
const modelSchema = z.strictObject({
  contextLength: count.exactOptional(),
  maxOutput: count.exactOptional(),
  inputs: z.array(z.enum(['text', 'image', 'video', 'file'])).exactOptional(),
  tools: z.boolean().exactOptional(),
  thinking: thinkingSchema.exactOptional(),
  wantsReasoning: z.boolean().exactOptional(),
  // A model without a price would be billed at nothing; one that is free says so with zeros.
  prices: z.array(tableSchema).min(1).exactOptional(),
  created: z.number().int().nonnegative().exactOptional(),
  note: z.string().exactOptional(),
});

const aliasSchema = z.union([
  z.string().transform((model) => ({ model, parameters: {}, note: '' })),
  z.strictObject({
    model: z.string(),
    parameters: z.record(z.string(), z.unknown()).default({}),
    note: z.string().default(''),
  }),
]);

const overridesSchema = z.strictObject({
  models: z.record(z.string(), modelSchema).default({}),
  aliases: z.record(z.string(), aliasSchema).default({}),
});

type ModelOverride = z.infer<typeof modelSchema>;

function wrong(where: string, why: string): RouterError {
  return new RouterError(
    'invalid_configuration',
    `MODELS_JSON is wrong at ${where}: ${why}. See "Adding models" in the README.`,
    {
      param: 'MODELS_JSON',
    },
  );
}

function parse(json: string): z.infer<typeof overridesSchema> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw wrong('its first level', `it is not JSON (${cause instanceof Error ? cause.message : 'unreadable'})`);
  }
  const parsed = overridesSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.map((step) => (typeof step === 'number' ? `[${step}]` : `"${String(step)}"`)).join(' > ');
  throw wrong(where || 'its first level', issue?.message ?? 'it is not valid');
}

function newModel(name: string, id: string, override: ModelOverride): Model {
  const { contextLength, maxOutput, prices } = override;
  if (contextLength === undefined || maxOutput === undefined || prices === undefined) {
    throw wrong(`"models" > "${name}"`, 'a new model needs contextLength, maxOutput and prices');
  }
  return {
    inputs: ['text'],
    tools: true,
    thinking: { kind: 'none' },
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
  if (!entry.models.some((model) => model.id === id)) {
    return { ...entry, models: [...entry.models, newModel(name, id, override)] };
  }
  const models = entry.models.map((model) => (model.id === id ? correctedModel(model, override) : model));
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
  if (json.trim() === '') return entries;
  const { models, aliases } = parse(json);
  let result = entries;
  for (const [name, override] of Object.entries(models)) {
    const entry = entryOf(result, name, `"models" > "${name}"`);
    const changed = withModel(entry, name, override);
    result = result.map((each) => (each === entry ? changed : each));
  }
  for (const [name, { model: target, parameters, note }] of Object.entries(aliases)) {
    const where = `"aliases" > "${name}"`;
    const entry = entryOf(result, target, where);
    if (!hasModel(entry, target)) throw wrong(where, `there is no model '${target}'`);
    if (result.some((each) => hasModel(each, name))) throw wrong(where, 'a model has this name already');
    const model = target.slice(entry.id.length + 1);
    result = withAlias(result, entry.id, { name, model, parameters, ...(note === '' ? {} : { note }) });
  }
  return result;
}
