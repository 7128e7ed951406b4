import * as z from 'zod/mini';
import { buildCatalog } from '../catalog/build.ts';
import { CATALOG_TABLES, type CatalogRows, type CatalogTable } from '../catalog/rows.ts';
import { describeRows, exportRows, rowsNamed, type ShownRow } from '../offer/describe-rows.ts';
import { type CatalogDesk, type Edited, importRows, putRow, removeRow } from '../offer/manage.ts';
import { builtInsOf, MODELS_JSON_NOTICE } from '../offer/offered.ts';
import { readCatalog, type StoredCatalog } from '../store/catalog.ts';
import { readVariables } from './dev-vars.ts';
import { Mistake } from './mistake.ts';
import type { Place } from './place.ts';
import { openRemoteControl } from './remote-control.ts';
import { askRouter, Refused, type Router } from './router.ts';

/** The catalogue as the commands see it: built-in rows, and those of the database. */
export type ShownCatalog = Readonly<Record<CatalogTable, readonly ShownRow[]>> & {
  /** What a router says about its settings. */
  notices: readonly string[];
  problems: readonly { table: string; name: string; reason: string }[];
};

/** Where questions about the catalogue go. What cannot be done is thrown as a Mistake that says why. */
export interface CatalogWay {
  read(): Promise<ShownCatalog>;
  /** The row as it is then; of a model's prices the new one. */
  put(table: CatalogTable, name: string, members: Readonly<Record<string, unknown>>): Promise<ShownRow>;
  remove(table: CatalogTable, name: string): Promise<void>;
  /** Sets all of these, or none. Where all is about one row, `name` is its name. */
  import(rows: CatalogRows, name?: string): Promise<void>;
}

const NOUNS = { providers: 'provider', models: 'model', prices: 'price', routes: 'route' } as const;

/** Flags that set a column of another name. */
const FLAGS: Readonly<Record<string, string>> = {
  context_length: 'context',
  input: 'price-input',
  cached: 'price-cached',
  output: 'price-output',
  cache_write: 'price-cache-write',
  cache_write_hour: 'price-cache-write-hour',
  bands: 'price-bands',
};

/** A reason by the name that was typed: a column is a flag here. */
function asTyped(reason: string): string {
  return reason.replace(/^([a-z]+(?:_[a-z]+)*)(?=[ .].*must|[ .].*is missing|[ .].*is not JSON)/, (column) => {
    return `--${FLAGS[column] ?? column.replaceAll('_', '-')}`;
  });
}

/** A reason without the row's own name before it, where only one row was meant. */
function withoutPlace(reason: string, name: string): string {
  return name === '' ? reason : reason.replace(/^\w+(?:\[\d+\])? \S+: /, '');
}

function missing(table: CatalogTable, name: string): Mistake {
  const noun = NOUNS[table];
  const list = table === 'prices' ? `npm run models -- show ${name}` : `npm run ${table} -- list`;
  return new Mistake(`There is no ${noun} ${name} in the database. See what there is: ${list}`);
}

function inUse(name: string, routes: readonly string[]): Mistake {
  const [route = ''] = routes;
  return new Mistake(
    `${name} is what the route ${routes.join(', ')} leads to. Give it other targets first: npm run routes -- set ${route} --targets …`,
  );
}

const FINAL = 'A price that has begun stays: set a new one, which holds from its time on.';

/** The rows that a change left. Throws Mistake where it was not made. */
function editedRows(edited: Edited, table: CatalogTable, name: string): StoredCatalog {
  switch (edited.kind) {
    case 'done':
      return edited.rows;
    case 'wrong':
      throw new Mistake(`${asTyped(withoutPlace(edited.reason, name))}.`);
    case 'missing':
      throw missing(table, name);
    case 'in_use':
      throw inUse(name, edited.routes);
    case 'final':
      throw new Mistake(FINAL);
  }
}

/** Through `wrangler d1 execute`. */
export function catalogOfDatabase(place: Place): CatalogWay {
  // What is printed instead of being run still has to be decided by what is there.
  const there = openRemoteControl({ ...place, sql: false });
  const desk: CatalogDesk = {
    database: openRemoteControl(place),
    actor: 'cli',
    now: Date.now(),
    builtIns: builtInsOf({}),
    ownHost: null,
    rows: () => readCatalog(there),
  };
  const shown = (rows: StoredCatalog) => describeRows(desk.builtIns, rows);
  return {
    async read() {
      const rows = await desk.rows();
      const { MODELS_JSON } = place.remote ? {} : await readVariables();
      const notices = MODELS_JSON ? [MODELS_JSON_NOTICE] : [];
      return { ...shown(rows), notices, problems: buildCatalog(desk.builtIns, rows).problems };
    },
    async put(table, name, members) {
      const rows = editedRows(await putRow(desk, table, name, members), table, name);
      const row = rowsNamed(shown(rows), table, name).at(-1);
      if (row === undefined) throw missing(table, name);
      return row;
    },
    async remove(table, name) {
      editedRows(await removeRow(desk, table, name), table, name);
    },
    async import(rows, name = '') {
      editedRows(await importRows(desk, rows), 'routes', name);
    },
  };
}

const rowSchema = z.looseObject({ source: z.enum(['built_in', 'database']) });
const rowsSchema = z.array(rowSchema);
const catalogSchema = z.looseObject({
  ...{ providers: rowsSchema, models: rowsSchema, prices: rowsSchema, routes: rowsSchema },
  problems: z.array(z.object({ table: z.string(), name: z.string(), reason: z.string() })),
  notices: z._default(z.array(z.string()), []),
});

function pathOf(table: CatalogTable, name: string): string {
  return `/internal/catalog/${table}/${encodeURIComponent(name)}`;
}

/** An answer of the router, in the words of the command line where it is refused. */
async function about<T>(job: Promise<T>, table: CatalogTable, name: string): Promise<T> {
  try {
    return await job;
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    if (cause.status === 404) throw missing(table, name);
    if (cause.status === 400) throw new Mistake(asTyped(withoutPlace(cause.words, name)));
    const routes = /is what the route (.+?) leads to/.exec(cause.words)?.[1];
    if (cause.status === 409) throw routes === undefined ? new Mistake(FINAL) : inUse(name, routes.split(', '));
    throw cause;
  }
}

/** Through a running router: what is changed holds from its next request on. */
export function catalogOfRouter(router: Router): CatalogWay {
  return {
    read: () => askRouter(router, 'GET', '/internal/catalog', catalogSchema),
    put: (table, name, members) =>
      about(askRouter(router, 'PUT', pathOf(table, name), rowSchema, members), table, name),
    async remove(table, name) {
      await about(askRouter(router, 'DELETE', pathOf(table, name), z.looseObject({})), table, name);
    },
    async import(rows, name = '') {
      await about(askRouter(router, 'PUT', '/internal/catalog', z.looseObject({}), rows), 'routes', name);
    },
  };
}

/** The rows of the database alone, in the form in which they are imported. */
export function ownRows(catalog: ShownCatalog): CatalogRows {
  const own = CATALOG_TABLES.map((table) => [table, catalog[table].filter(({ source }) => source === 'database')]);
  return exportRows({ revision: '', ...Object.fromEntries(own) });
}
