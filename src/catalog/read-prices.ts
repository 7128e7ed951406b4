import type { Model, PriceTable } from './model.ts';
import { modelNamed } from './read-models.ts';
import { type CatalogRows, type PriceRow, priceRowSchema } from './rows.ts';
import { parseRows, type Sheet } from './sheet.ts';

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
export type Prices = ReadonlyMap<string, readonly PriceTable[]>;

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
export function readPrices(sheet: Sheet, rows: CatalogRows): Prices {
  const prices = new Map<string, readonly PriceTable[]>();
  const read = parseRows(sheet, 'prices', rows.prices, priceRowSchema);
  for (const { name, row } of read.sort((one, other) => one.row.id - other.row.id)) {
    const model = modelNamed(sheet, name);
    const reason = model === null ? `there is no model ${name}` : addPrice(prices, name, row, model);
    if (reason !== null) sheet.problems.push({ table: 'prices', name, reason });
  }
  return prices;
}
