import { BUILT_IN_ROUTES } from '../catalog/built-in-routes.ts';
import type { Model, PriceTable, TokenPrices } from '../catalog/model.ts';
import { CATALOG_TABLES, type CatalogTable, rowName } from '../catalog/rows.ts';
import type { BuiltIn } from '../catalog/sheet.ts';
import { parseJson } from '../protocol/json.ts';
import type { StoredCatalog } from '../store/catalog.ts';

/** A row as JSON shows it, and whether it stands in the database or in the code. */
export interface ShownRow extends Readonly<Record<string, unknown>> {
  source: 'built_in' | 'database';
}

type Shown = Readonly<Record<CatalogTable, ShownRow[]>>;

const JSON_COLUMNS = ['rules', 'thinking', 'bands', 'tools', 'targets'];
const FLAG_COLUMNS = ['tools', 'wants_reasoning', 'spread'];

/** A value of the database as JSON has it; one that is wrong as it stands there. */
function shown(column: string, value: unknown): unknown {
  if (JSON_COLUMNS.includes(column) && typeof value === 'string') return parseJson(value) ?? value;
  if (FLAG_COLUMNS.includes(column) && (value === 0 || value === 1)) return value === 1;
  return value;
}

/** A row of the database as JSON shows it. */
function describeRow(row: object): ShownRow {
  const columns = Object.entries(row).map(([column, value]) => [column, shown(column, value)] as const);
  return { ...Object.fromEntries(columns), source: 'database' };
}

function providerRow({ baseUrls, id, keyVariable, name }: BuiltIn): ShownRow {
  const [base_url = null] = baseUrls;
  return { id, name, base_url, key_variable: keyVariable, status: 'active', rules: {}, source: 'built_in' };
}

function modelRow(provider: string, model: Model): ShownRow {
  const { contextLength, embedding, id, inputs, maxOutput, note, thinking, tools, wantsReasoning } = model;
  return {
    ...{ provider, id, kind: embedding === undefined ? 'chat' : 'embedding', context_length: contextLength },
    ...{ max_output: maxOutput, inputs: inputs?.join(',') ?? null, tools, thinking, wants_reasoning: wantsReasoning },
    ...{ note: note ?? null, status: 'active', source: 'built_in' },
  };
}

function pricesOf({ cacheWrite, cacheWriteHour, cached, input, output }: TokenPrices) {
  return { input, cached, output, cache_write: cacheWrite ?? null, cache_write_hour: cacheWriteHour ?? null };
}

/** Bands as their column has them. */
function bandsOf({ bands = [] }: PriceTable) {
  return bands.map(({ prices, ...times }) => {
    const said = Object.entries(pricesOf(prices)).filter(([, value]) => value !== null);
    return { ...times, prices: Object.fromEntries(said) };
  });
}

function priceRow(provider: string, model: string, table: PriceTable): ShownRow {
  const { revision, tools = null, validFrom } = table;
  const bands = table.bands === undefined ? null : bandsOf(table);
  return { provider, model, valid_from: validFrom, revision, ...pricesOf(table), bands, tools, source: 'built_in' };
}

/** What is built in, in the form of rows. Other names of a model are routes with one target. */
function builtInRows(builtIns: readonly BuiltIn[]): Shown {
  const names = builtIns.flatMap(({ aliases, id }) =>
    aliases.map(({ model, name, note = null, parameters = {} }): ShownRow => {
      const targets = [{ model: `${id}/${model}`, parameters, weight: 1 }];
      return { name, targets, spread: false, note, status: 'active', source: 'built_in' };
    }),
  );
  const routes = BUILT_IN_ROUTES.map(({ name, note, spread, targets }): ShownRow => {
    return { name, targets, spread, note, status: 'active', source: 'built_in' };
  });
  return {
    providers: builtIns.map(providerRow),
    models: builtIns.flatMap(({ id, models }) => models.map((model) => modelRow(id, model))),
    prices: builtIns.flatMap(({ id, models }) =>
      models.flatMap((model) => model.prices.map((table) => priceRow(id, model.id, table))),
    ),
    routes: [...routes, ...names],
  };
}

/** All rows there are: those of the database, and what is built in where no row takes its place. Prices stand beside each other. */
export function describeRows(builtIns: readonly BuiltIn[], rows: StoredCatalog): Shown {
  const builtIn = builtInRows(builtIns);
  const of = (table: CatalogTable): ShownRow[] => {
    const own = rows[table].map(describeRow);
    const names = new Set(own.map((row) => rowName(table, row)));
    const others = builtIn[table].filter((row) => table === 'prices' || !names.has(rowName(table, row)));
    return [...others, ...own];
  };
  return Object.fromEntries(CATALOG_TABLES.map((table) => [table, of(table)])) as unknown as Shown; // by CATALOG_TABLES
}

/** The rows of one name: one, none, or a model's prices from the oldest to the newest. */
export function rowsNamed(shownRows: Shown, table: CatalogTable, name: string): ShownRow[] {
  return shownRows[table].filter((row) => rowName(table, row) === name);
}

/** What NULL stands for where a row that is set again has a word. */
const IN_PLACE_OF_NULL: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['status', 'active'],
  ['spread', false],
]);

/** The database's rows in the form in which they are imported again: without what the database itself has put in. */
export function exportRows(rows: StoredCatalog): Record<CatalogTable, Record<string, unknown>[]> {
  const strip = (table: CatalogTable) =>
    rows[table].map((row) => {
      const { created_at: _made, updated_at: _changed, source: _source, ...said } = describeRow(row);
      const columns = Object.entries(said).map(([column, value]) => [
        column,
        value ?? IN_PLACE_OF_NULL.get(column) ?? null,
      ]);
      return Object.fromEntries(
        columns.filter(([column, value]) => value !== null && !(table === 'prices' && column === 'id')),
      );
    });
  return { providers: strip('providers'), models: strip('models'), prices: strip('prices'), routes: strip('routes') };
}
