import { type Context, Hono } from 'hono';
import type { Catalog } from '../../catalog/lookup.ts';
import { daysBefore, windowStarts } from '../../ledger/windows.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { describeRows, rowsNamed } from '../../offer/describe-rows.ts';
import { type Edited, type NotEdited, putRow, removeRow } from '../../offer/manage.ts';
import { builtInsOf, MODELS_JSON_NOTICE, NO_ROWS, type Offered, offeredOf } from '../../offer/offered.ts';
import { openCatalogDesk } from '../../offer/open-desk.ts';
import { readRowsNow } from '../../offer/read-offered.ts';
import type { StoredCatalog } from '../../store/catalog.ts';
import { openDatabase } from '../../store/database.ts';
import { type FreeTokens, freeTokens } from '../../store/overview.ts';
import type { ProviderModels } from '../kit/model-table.tsx';
import { type FieldValues, readEdit, readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { fieldsOfRow, membersOfFields, PAGE_TABLES, type PageTable } from './catalog-fields.tsx';
import { CatalogPage, rowPath } from './catalog-page.tsx';
import { NewRowPage, type Refused, RowPage } from './catalog-row-page.tsx';

const NOTHING: Refused = { typed: {}, errors: {} };

function tableOf(c: Context<AdminEnv>): PageTable | null {
  return PAGE_TABLES.find((table) => table === c.req.param('table')) ?? null;
}

function rowsOf(c: Context<AdminEnv>): Promise<StoredCatalog> {
  return readRowsNow(c.env, runAfterIn(c.executionCtx));
}

function deskOf(c: Context<AdminEnv>) {
  return openCatalogDesk(c.env, c.get('actor'), new URL(c.req.url).host, runAfterIn(c.executionCtx));
}

function noteOf(done: string | undefined, { catalog }: Texts): string | null {
  return (
    new Map([
      ['saved', catalog.saved],
      ['removed', catalog.removed],
    ]).get(done ?? '') ?? null
  );
}

/** Why a change was not made, in a sentence. */
function sentenceOf(edited: NotEdited, { catalog }: Texts): string {
  switch (edited.kind) {
    case 'wrong':
      return edited.reason;
    case 'missing':
      return catalog.missing;
    case 'in_use':
      return catalog.inUse(edited.routes.join(', '));
    case 'final':
      return catalog.final;
  }
}

const UNPRICED_DAYS = 30;

/** What was served in the last days by models that have no price. */
async function unpricedTokens(c: Context<AdminEnv>, catalog: Catalog): Promise<FreeTokens[]> {
  const { now, offset } = viewOf(c);
  const first = daysBefore(windowStarts(now, offset).day, UNPRICED_DAYS - 1);
  const free = await freeTokens(openDatabase(c.env.DB), first);
  return free.filter(({ model, provider }) => {
    const found = catalog.find(`${provider}/${model}`);
    return found.kind === 'found' && found.route.targets[0].model.prices.length === 0;
  });
}

async function list(c: Context<AdminEnv>): Promise<Response> {
  const view = viewOf(c);
  const stored = await rowsOf(c);
  const { catalog, problems, providers } = offeredOf(c.env, stored);
  const rows = describeRows(builtInsOf(c.env), stored);
  // The other names of a model are no routes to look after.
  const routes = rows.routes.filter(({ name, source }) => source === 'database' || String(name).endsWith('*'));
  const unpriced = await unpricedTokens(c, catalog);
  const notices = c.get('config').hasModelsJson ? [MODELS_JSON_NOTICE] : [];
  const props = { problems, notices, unpriced, rows: { ...rows, routes }, withKey: new Set(providers.keys()) };
  return respond(c, view, <CatalogPage {...props} note={noteOf(c.req.query('done'), view.texts)} />);
}

/** A model as the table of models shows it, alone. */
function shownModel({ catalog, providers }: Offered, table: PageTable, name: string): ProviderModels[] {
  const listed = catalog.list().find((each) => each.kind === 'model' && each.name === name);
  if (table !== 'models' || listed === undefined) return [];
  const id = listed.route.targets[0].provider;
  return [{ name: providers.get(id)?.provider.name ?? id, models: [listed] }];
}

interface Occasion {
  status: 200 | 400 | 409;
  refused?: Refused;
  refusedPrice?: Refused;
  note?: { text: string; bad: boolean } | null;
}

async function show(c: Context<AdminEnv>, table: PageTable, name: string, occasion: Occasion): Promise<Response> {
  const { note = null, refused = NOTHING, refusedPrice = NOTHING, status } = occasion;
  const stored = await rowsOf(c);
  const builtIns = builtInsOf(c.env);
  const rows = describeRows(builtIns, stored);
  const [row] = rowsNamed(rows, table, name);
  if (row === undefined) return c.notFound();
  const [builtIn] = rowsNamed(describeRows(builtIns, NO_ROWS), table, name);
  const prices = table === 'models' ? rowsNamed(rows, 'prices', name) : null;
  const shown = shownModel(offeredOf(c.env, stored), table, name);
  const page = <RowPage {...{ table, name, row, builtIn, prices, shown, refused, refusedPrice, note }} />;
  return respond(c, viewOf(c, rowPath(table, name)), page, status);
}

/** Which field a refusal stands at; where it is about none that is there, the page's note says it. */
function refusedBy(edited: NotEdited, typed: FieldValues, texts: Texts, first: string): Refused {
  const field = edited.kind === 'wrong' && Object.hasOwn(texts.catalog.fields, edited.param) ? edited.param : first;
  return { typed, errors: { [field]: sentenceOf(edited, texts) } };
}

async function save(c: Context<AdminEnv>): Promise<Response> {
  const table = tableOf(c);
  const name = c.req.param('name') ?? '';
  if (table === null) return c.notFound();
  const { texts } = viewOf(c);
  const { changed } = readEdit(await readForm(c));
  const [row] = rowsNamed(describeRows(builtInsOf(c.env), await rowsOf(c)), table, name);
  // On top of what is there now: a page that was opened earlier undoes nothing that was set since.
  const members = membersOfFields(table, { ...fieldsOfRow(table, row), ...changed });
  const edited = await putRow(deskOf(c), table, name, members);
  if (edited.kind === 'done') return c.redirect(`${rowPath(table, name)}?done=saved`, 303);
  const refused = refusedBy(edited, changed, texts, 'status');
  return show(c, table, name, { status: 400, refused, note: { text: sentenceOf(edited, texts), bad: true } });
}

async function create(c: Context<AdminEnv>): Promise<Response> {
  const table = tableOf(c);
  if (table === null) return c.notFound();
  const view = viewOf(c, `/admin/catalog/new/${table}`);
  const { called = '', ...fields } = await readForm(c);
  const edited = await putRow(deskOf(c), table, called, membersOfFields(table, fields));
  if (edited.kind === 'done') return c.redirect(`${rowPath(table, called)}?done=saved`, 303);
  const refused = refusedBy(edited, { called, ...fields }, view.texts, 'called');
  return respond(c, view, <NewRowPage table={table} refused={refused} />, 400);
}

async function addPrice(c: Context<AdminEnv>): Promise<Response> {
  const name = c.req.param('name') ?? '';
  const { texts } = viewOf(c);
  const typed = await readForm(c);
  const edited = await putRow(deskOf(c), 'prices', name, membersOfFields('prices', typed));
  if (edited.kind === 'done') return c.redirect(`${rowPath('models', name)}?done=saved`, 303);
  return show(c, 'models', name, { status: 400, refusedPrice: refusedBy(edited, typed, texts, 'input') });
}

async function remove(c: Context<AdminEnv>): Promise<Response> {
  const table = tableOf(c);
  const name = c.req.param('name') ?? '';
  if (table === null) return c.notFound();
  const edited: Edited = await removeRow(deskOf(c), table, name);
  if (edited.kind === 'done') return c.redirect('/admin/catalog?done=removed', 303);
  const note = { text: sentenceOf(edited, viewOf(c).texts), bad: true };
  return show(c, table, name, { status: 409, note });
}

/** `/admin/catalog`: providers, models and their prices, routes. A name's slash is coded in its address. */
export const catalog = new Hono<AdminEnv>()
  .get('/catalog', list)
  .get('/catalog/new/:table', (c) => {
    const table = tableOf(c);
    if (table === null) return c.notFound();
    return respond(c, viewOf(c), <NewRowPage table={table} refused={NOTHING} />);
  })
  .post('/catalog/new/:table', create)
  .post('/catalog/prices/:name{.+}', addPrice)
  .post('/catalog/remove/:table/:name{.+}', remove)
  .get('/catalog/:table/:name{.+}', (c) => {
    const table = tableOf(c);
    if (table === null) return c.notFound();
    const text = noteOf(c.req.query('done'), viewOf(c).texts);
    return show(c, table, c.req.param('name'), { status: 200, note: text === null ? null : { text, bad: false } });
  })
  .post('/catalog/:table/:name{.+}', save);
