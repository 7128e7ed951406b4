import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import { CATALOG_TABLES, type CatalogTable } from '../../catalog/rows.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { describeRows, rowsNamed, type ShownRow } from '../../offer/describe-rows.ts';
import { type CatalogDesk, type Edited, importRows, type NotEdited, putRow, removeRow } from '../../offer/manage.ts';
import { builtInsOf, MODELS_JSON_NOTICE, offeredOf } from '../../offer/offered.ts';
import { openCatalogDesk } from '../../offer/open-desk.ts';
import { readRowsNow } from '../../offer/read-offered.ts';
import { RouterError } from '../../protocol/errors.ts';
import type { StoredCatalog } from '../../store/catalog.ts';
import { actorOf, noQuery, readJsonBody } from './input.ts';

function deskOf(c: Context<AppEnv>): CatalogDesk {
  return openCatalogDesk(c.env, actorOf(c), new URL(c.req.url).host, runAfterIn(c.executionCtx));
}

function rowsOf(c: Context<AppEnv>): Promise<StoredCatalog> {
  return readRowsNow(c.env, runAfterIn(c.executionCtx));
}

function missing(table: CatalogTable, name: string): RouterError {
  return new RouterError('not_found', `There is no row '${name.slice(0, 200)}' in ${table}.`, { param: 'name' });
}

/** Why a change was not made. */
function refusalOf(edited: NotEdited, table: CatalogTable, name: string): RouterError {
  switch (edited.kind) {
    case 'wrong':
      return new RouterError('invalid_value', `${edited.reason}.`, { param: edited.param });
    case 'missing':
      return missing(table, name);
    case 'in_use': {
      const routes = edited.routes.join(', ');
      const message = `'${name}' is what the route ${routes} leads to. Give the route other targets first.`;
      return new RouterError('conflict', message, { param: 'name' });
    }
    case 'final':
      return new RouterError('conflict', 'A price that has begun stays: PUT a new one, which holds from its time on.', {
        param: 'name',
      });
  }
}

/** The rows that a change left. Throws RouterError where it was not made. */
function editedRows(edited: Edited, table: CatalogTable, name: string): StoredCatalog {
  if (edited.kind !== 'done') throw refusalOf(edited, table, name);
  return edited.rows;
}

function shownRows(c: Context<AppEnv>, rows: StoredCatalog) {
  return describeRows(builtInsOf(c.env), rows);
}

/** One row, or a model's prices. Throws RouterError where there is none. */
function describeNamed(c: Context<AppEnv>, rows: StoredCatalog, table: CatalogTable, name: string) {
  const found = rowsNamed(shownRows(c, rows), table, name);
  const [row] = found;
  if (row === undefined) throw missing(table, name);
  return table === 'prices' ? { data: found } : row;
}

/** The row that was just set; of a model's prices the one that was added. */
function describeSet(c: Context<AppEnv>, rows: StoredCatalog, table: CatalogTable, name: string): ShownRow {
  const row = rowsNamed(shownRows(c, rows), table, name).at(-1);
  if (row === undefined) throw missing(table, name);
  return row;
}

const members = z.record(z.string(), z.unknown(), 'must be an object of the columns to set');
const tableRows = z._default(z.array(members, 'must be a list of rows'), []);
const importSchema = z.strictObject({
  providers: tableRows,
  models: tableRows,
  prices: tableRows,
  routes: tableRows,
});

const all = new Hono<AppEnv>()
  .get('/', noQuery, async (c) => {
    const rows = await rowsOf(c);
    const notices = c.get('config').hasModelsJson ? [MODELS_JSON_NOTICE] : [];
    const { problems, revision } = offeredOf(c.env, rows);
    return c.json({ ...shownRows(c, rows), problems, notices, revision });
  })
  // All rows of a file at once, or none of them: nobody sees half of it.
  .put('/', noQuery, async (c) => {
    const rows = editedRows(await importRows(deskOf(c), await readJsonBody(c, importSchema)), 'routes', '');
    const { problems, revision } = offeredOf(c.env, rows);
    return c.json({ ...shownRows(c, rows), problems, revision });
  })
  .all('/', methodNotAllowed('GET', 'PUT'));

/** The routes of one table. A name's slash comes raw or as %2F, which Hono decodes. */
function ofTable(table: CatalogTable) {
  return new Hono<AppEnv>()
    .use(noQuery)
    .get('/', async (c) => c.json({ data: shownRows(c, await rowsOf(c))[table], next_cursor: null }))
    .all('/', methodNotAllowed('GET'))
    .get('/:name{.+}', async (c) => c.json(describeNamed(c, await rowsOf(c), table, c.req.param('name'))))
    .put('/:name{.+}', async (c) => {
      const name = c.req.param('name');
      const rows = editedRows(await putRow(deskOf(c), table, name, await readJsonBody(c, members)), table, name);
      return c.json(describeSet(c, rows, table, name));
    })
    .delete('/:name{.+}', async (c) => {
      const name = c.req.param('name');
      editedRows(await removeRow(deskOf(c), table, name), table, name);
      return c.json({ removed: name });
    })
    .all('/:name{.+}', methodNotAllowed('GET', 'PUT', 'DELETE'));
}

/** `/internal/catalog`: providers, models, prices and routes. */
export const internalCatalog = CATALOG_TABLES.reduce(
  (routes, table) => routes.route(`/${table}`, ofTable(table)),
  new Hono<AppEnv>({ strict: false }).route('/', all),
);
