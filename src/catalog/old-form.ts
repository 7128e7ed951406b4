import { isObject } from '../protocol/json.ts';
import { reasonOf } from './fields.ts';
import type { TokenPrices } from './model.ts';
import { type ModelOverride, oldFormSchema } from './old-form-schema.ts';
import type { CatalogRows } from './rows.ts';

/*
 * Models, prices and other names of one's own stood in a variable once, MODELS_JSON. Its form is still read where a
 * catalogue is imported: `{"models": {name: …}, "aliases": {name: …}}`.
 */

/** Whether a value has the old form and not the four tables'. */
export function isOldForm(value: unknown): boolean {
  if (!isObject(value)) return false;
  return isObject(value['models']) || isObject(value['aliases']) || Object.keys(value).length === 0;
}

function split(name: string): { provider: string; id: string } {
  const slash = name.indexOf('/');
  return { provider: name.slice(0, Math.max(0, slash)), id: name.slice(slash + 1) };
}

function pricesOf({ cacheWrite, cacheWriteHour, cached, input, output }: TokenPrices) {
  return {
    ...{ input, cached, output },
    ...(cacheWrite === undefined ? {} : { cache_write: cacheWrite }),
    ...(cacheWriteHour === undefined ? {} : { cache_write_hour: cacheWriteHour }),
  };
}

function modelRow(name: string, override: ModelOverride) {
  const { contextLength, inputs, maxOutput, note, thinking, tools, wantsReasoning } = override;
  const row = {
    ...{ context_length: contextLength, max_output: maxOutput, inputs: inputs?.join(','), tools, thinking, note },
    wants_reasoning: wantsReasoning,
  };
  const said = Object.entries(row).filter(([, value]) => value !== undefined);
  return said.length === 0 ? [] : [{ ...split(name), ...Object.fromEntries(said) }];
}

function priceRows(name: string, { prices = [] }: ModelOverride) {
  const { provider, id: model } = split(name);
  return prices.map(({ bands, revision, tools, validFrom, ...table }) => ({
    ...{ provider, model, valid_from: validFrom, revision, ...pricesOf(table) },
    ...(bands === undefined ? {} : { bands: bands.map((band) => ({ ...band, prices: pricesOf(band.prices) })) }),
    ...(tools === undefined ? {} : { tools }),
  }));
}

/** What the old form comes to as rows, or what is wrong with it. */
export function rowsOfOldForm(value: unknown): { kind: 'rows'; rows: CatalogRows } | { kind: 'wrong'; reason: string } {
  const parsed = oldFormSchema.safeParse(value);
  if (!parsed.success) return { kind: 'wrong', reason: reasonOf(parsed.error) };
  const models = Object.entries(parsed.data.models);
  const routes = Object.entries(parsed.data.aliases).map(([name, { model, note, parameters }]) => ({
    ...{ name, targets: [{ model, parameters }] },
    ...(note === '' ? {} : { note }),
  }));
  const rows = {
    providers: [],
    models: models.flatMap(([name, override]) => modelRow(name, override)),
    prices: models.flatMap(([name, override]) => priceRows(name, override)),
    routes,
  };
  return { kind: 'rows', rows };
}
