import * as z from 'zod/mini';
import { isObject } from '../protocol/json.ts';
import { isSafeUrl } from '../protocol/safe-url.ts';
import { count, flag, json, modelId, orNull, providerId, routeName, status, time, usd, words } from './fields.ts';
import type { PriceBand, Thinking } from './model.ts';
import { rulesSchema } from './rules.ts';

/*
 * The four rows of the catalogue, by column name, as D1, KV and JSON give them. What a row leaves out stays as built in,
 * or is not known. The schemas are loose: what they do not know they leave, for the version after this one.
 */

/** The tables of the catalogue in D1. */
export const CATALOG_TABLES = ['providers', 'models', 'prices', 'routes'] as const;
export type CatalogTable = (typeof CATALOG_TABLES)[number];

/** All rows as they were read, none of them looked at. */
export type CatalogRows = Readonly<Record<CatalogTable, readonly unknown[]>>;

/** A row that is left out, and why. */
export interface Problem {
  table: CatalogTable;
  /** The row's name: the provider's id, `provider/model`, the route's name. */
  name: string;
  reason: string;
}

const URL_RULE = 'must be a URL such as https://api.example.com/v1 (http:// only for this machine)';
/** Where a provider is. Without user info, query or fragment, which would be sent along or lost. */
const baseUrl = z.pipe(
  z.string(URL_RULE).check(
    z.refine((text) => URL.canParse(text) && isSafeUrl(new URL(text)), URL_RULE),
    z.refine((text) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      return url === null || `${url.username}${url.password}${url.search}${url.hash}` === '';
    }, 'must not hold a user, a query or a fragment'),
  ),
  z.transform((text) => new URL(text).href.replace(/\/+$/, '')),
);

const VARIABLE_RULE = 'must be the name of a variable that ends in _API_KEY, such as QWEN_API_KEY';
// The ending keeps it from naming INTERNAL_SECRET and the like, which would go out with the next request.
const keyVariable = z
  .string(VARIABLE_RULE)
  .check(z.maxLength(64, VARIABLE_RULE), z.regex(/^[A-Z][A-Z0-9_]*_API_KEY$/, VARIABLE_RULE));

export const providerRowSchema = z.object({
  id: providerId,
  name: orNull(words),
  base_url: orNull(baseUrl),
  key_variable: orNull(keyVariable),
  status,
  rules: z.pipe(
    z.transform((value): unknown => (value === undefined || value === null || value === '' ? {} : value)),
    json(rulesSchema),
  ),
});
export type ProviderRow = z.output<typeof providerRowSchema>;

const INPUTS = ['text', 'image', 'video', 'audio', 'file'] as const;
const INPUTS_RULE = `must be some of ${INPUTS.join(',')}`;
const inputs = z.pipe(
  z.transform((value): unknown => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value)),
  z.array(z.enum(INPUTS, INPUTS_RULE), INPUTS_RULE).check(z.minLength(1, INPUTS_RULE)),
);

const efforts = z._default(z.array(z.string()), []);
const thinking: z.ZodMiniType<Thinking> = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('always'), efforts }),
    z.strictObject({ kind: z.literal('switch'), default: z._default(z.enum(['on', 'off']), 'on'), efforts }),
  ],
  'must be an object whose kind is none, always or switch',
);

const CONTEXT_RULE = 'must be a whole number of tokens from 1 to 1000000000';

export const modelRowSchema = z.object({
  provider: providerId,
  id: modelId,
  kind: orNull(z.enum(['chat', 'embedding'], 'must be chat or embedding')),
  // Into a context of none nothing fits: whoever has no number leaves it open.
  context_length: orNull(count.check(z.minimum(1, CONTEXT_RULE))),
  max_output: orNull(count),
  inputs: orNull(inputs),
  tools: orNull(flag),
  thinking: orNull(json(z.nullable(thinking))),
  wants_reasoning: orNull(flag),
  note: orNull(words),
  status,
});
export type ModelRow = z.output<typeof modelRowSchema>;

const hour = z.number().check(z.minimum(0), z.maximum(24));
// The two halves of a night are two entries: else nobody could say which day's weekday counts.
const hours = z
  .strictObject({ from: hour, to: hour })
  .check(z.refine(({ from, to }) => from < to, 'must begin before it ends; hours over midnight are two entries'));

const bandPrices = z.strictObject({
  input: usd,
  cached: usd,
  output: usd,
  cache_write: z.exactOptional(usd),
  cache_write_hour: z.exactOptional(usd),
});

const band = z.pipe(
  z.strictObject({
    name: z.string().check(z.minLength(1)),
    weekdays: z.array(z.int().check(z.minimum(0), z.maximum(6))).check(z.minLength(1)),
    hours: z.array(hours).check(z.minLength(1)),
    holidays: z._default(z.array(z.iso.date('must be a day such as 2026-12-31')), []),
    prices: bandPrices,
  }),
  z.transform(({ prices: { cache_write, cache_write_hour, ...prices }, ...times }): PriceBand => {
    const write = cache_write === undefined ? {} : { cacheWrite: cache_write };
    const writeHour = cache_write_hour === undefined ? {} : { cacheWriteHour: cache_write_hour };
    return { ...times, prices: { ...prices, ...write, ...writeHour } };
  }),
);

export const priceRowSchema = z.object({
  id: z._default(z.int(), 0),
  provider: providerId,
  model: modelId,
  valid_from: time,
  revision: orNull(z.string().check(z.maxLength(80, 'must have at most 80 characters'))),
  input: usd,
  // As dear as any input where it is not given.
  cached: orNull(usd),
  // Embeddings have none.
  output: orNull(usd),
  cache_write: orNull(usd),
  cache_write_hour: orNull(usd),
  bands: orNull(json(z.nullable(z.array(band)))),
  tools: orNull(json(z.nullable(z.record(z.string(), usd)))),
});
export type PriceRow = z.output<typeof priceRowSchema>;

// What the router itself says of a request, and no name may stand for.
const OWN_MEMBERS = ['model', 'models', 'messages', 'stream', 'stream_options'];
const parameters = z
  .record(z.string(), z.unknown())
  .check(
    z.refine(
      (value) => !OWN_MEMBERS.some((name) => Object.hasOwn(value, name)),
      `must not hold ${OWN_MEMBERS.join(', ')}`,
    ),
  );

const WEIGHT_RULE = 'must be a number above 0, at most 1000000';
const target = z.pipe(
  // A model's name alone stands for a target without parameters.
  z.transform((value): unknown => (typeof value === 'string' ? { model: value } : value)),
  z.strictObject({
    model: z.string('must be a model such as deepseek/deepseek-flash'),
    parameters: z._default(parameters, {}),
    weight: z._default(z.number(WEIGHT_RULE).check(z.positive(WEIGHT_RULE), z.maximum(1_000_000, WEIGHT_RULE)), 1),
  }),
);

const TARGETS_RULE = 'must be a list of 1 to 32 targets: [{"model": "deepseek/deepseek-flash"}, …]';
export const routeRowSchema = z.object({
  name: routeName,
  // A row that only hides a built-in name needs none.
  targets: orNull(
    json(z.array(target, TARGETS_RULE).check(z.minLength(1, TARGETS_RULE), z.maxLength(32, TARGETS_RULE))),
  ),
  spread: z.pipe(
    orNull(flag),
    z.transform((value) => value ?? false),
  ),
  note: orNull(words),
  status,
});
export type RouteRow = z.output<typeof routeRowSchema>;

/** What may be said in a row, by table, beside its name. */
export const CATALOG_COLUMNS = {
  providers: ['name', 'base_url', 'key_variable', 'status', 'rules'],
  models: [
    ...['kind', 'context_length', 'max_output', 'inputs', 'tools', 'thinking', 'wants_reasoning', 'note', 'status'],
  ],
  prices: [
    ...['valid_from', 'revision', 'input', 'cached', 'output', 'cache_write', 'cache_write_hour', 'bands', 'tools'],
  ],
  routes: ['targets', 'spread', 'note', 'status'],
} as const satisfies Record<CatalogTable, readonly string[]>;

/** The columns that make a row's name. */
export const NAME_COLUMNS = {
  providers: ['id'],
  models: ['provider', 'id'],
  prices: ['provider', 'model'],
  routes: ['name'],
} as const satisfies Record<CatalogTable, readonly string[]>;

/** The schema of each table's rows. */
export const ROW_SCHEMAS = {
  providers: providerRowSchema,
  models: modelRowSchema,
  prices: priceRowSchema,
  routes: routeRowSchema,
} as const;

/** The columns of a name: what stands before its first slash is the provider of a model or a price. */
export function columnsOfName(table: CatalogTable, name: string): Record<string, string> {
  const [first = '', second] = NAME_COLUMNS[table];
  if (second === undefined) return { [first]: name };
  const slash = name.indexOf('/');
  return { [first]: name.slice(0, Math.max(0, slash)), [second]: name.slice(slash + 1) };
}

/** A row's name, as far as it has one. */
export function rowName(table: CatalogTable, row: unknown): string {
  const { id, model, name, provider } = isObject(row) ? row : {};
  const parts = { providers: [id], routes: [name], models: [provider, id], prices: [provider, model] }[table];
  return parts.map((part) => (part === undefined || part === null ? '?' : String(part).slice(0, 200))).join('/');
}
