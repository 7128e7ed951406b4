import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { RouterError } from '../protocol/errors.ts';
import type { CatalogEntry } from './lookup.ts';
import type { Alias, Model, PriceTable } from './model.ts';

/*
 * A deployment's own models, prices and aliases, as one JSON variable: no table to migrate, no read on the way of
 * a request, and a change is a deployment like any other, with a history.
 */

// The small zod brings no words of its own, and here they tell people what to correct.
z.config(en());

/** Six decimals keep the arithmetic of bills exact. */
const usd = z.number().check(
  z.nonnegative(),
  z.refine((value) => Math.abs(value * 1e6 - Math.round(value * 1e6)) < 1e-6, 'must have at most six decimals'),
);

const pricesShape = {
  input: usd,
  cached: usd,
  output: usd,
  cacheWrite: z.exactOptional(usd),
  cacheWriteHour: z.exactOptional(usd),
};

const isoDate = z
  .string()
  .check(
    z.refine(
      (value) => /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)),
      'must be a date: 2026-12-31',
    ),
  );

const hour = z.number().check(z.minimum(0), z.maximum(24));

const bandSchema = z.strictObject({
  name: z.string().check(z.minLength(1)),
  weekdays: z.array(z.int().check(z.minimum(0), z.maximum(6))),
  hours: z.array(z.strictObject({ from: hour, to: hour })),
  holidays: z._default(z.array(isoDate), []),
  prices: z.strictObject(pricesShape),
});

const tableSchema = z.strictObject({
  validFrom: isoDate,
  revision: z.string().check(z.minLength(1)),
  ...pricesShape,
  bands: z.exactOptional(z.array(bandSchema)),
});

const thinkingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('always'), efforts: z._default(z.array(z.string()), []) }),
  z.strictObject({
    kind: z.literal('switch'),
    default: z._default(z.enum(['on', 'off']), 'on'),
    efforts: z._default(z.array(z.string()), []),
  }),
]);

const count = z.int().check(z.positive());

/** What may be said of a model: all of it for a new one, only what changes for one that is known. */
const modelSchema = z.strictObject({
  contextLength: z.exactOptional(count),
  maxOutput: z.exactOptional(count),
  inputs: z.exactOptional(z.array(z.enum(['text', 'image', 'video', 'file']))),
  tools: z.exactOptional(z.boolean()),
  thinking: z.exactOptional(thinkingSchema),
  wantsReasoning: z.exactOptional(z.boolean()),
  // A model without a price would be billed at nothing; one that is free says so with zeros.
  prices: z.exactOptional(z.array(tableSchema).check(z.minLength(1))),
  created: z.exactOptional(z.int().check(z.nonnegative())),
  note: z.exactOptional(z.string()),
});

const aliasSchema = z.union([
  z.pipe(
    z.string(),
    z.transform((model) => ({ model, parameters: {}, note: '' })),
  ),
  z.strictObject({
    model: z.string(),
    parameters: z._default(z.record(z.string(), z.unknown()), {}),
    note: z._default(z.string(), ''),
  }),
]);

const overridesSchema = z.strictObject({
  models: z._default(z.record(z.string(), modelSchema), {}),
  aliases: z._default(z.record(z.string(), aliasSchema), {}),
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
