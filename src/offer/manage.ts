import { buildCatalog } from '../catalog/build.ts';
import { type CatalogRows, type CatalogTable, type Problem, rowName } from '../catalog/rows.ts';
import type { BuiltIn } from '../catalog/sheet.ts';
import { isObject } from '../protocol/json.ts';
import { type CatalogChange, type CatalogEdit, changeCatalog, type StoredCatalog } from '../store/catalog.ts';
import type { Database } from '../store/database.ts';
import type { Actor } from '../store/schema.ts';
import { checkRow } from './stored-row.ts';

/*
 * The desk where the catalogue is changed, for the console, /internal and the command line alike. What is wrong in itself,
 * or would put something else in the wrong, is refused before it is written.
 */

/** Who asks, and what their work needs. */
export interface CatalogDesk {
  database: Database;
  /** For the audit. */
  actor: Actor;
  /** Milliseconds since 1970. */
  now: number;
  builtIns: readonly BuiltIn[];
  /** Where this router itself is, which is no provider; null where nobody can tell. */
  ownHost: string | null;
  /** The rows as they are in the database now. */
  rows(): Promise<StoredCatalog>;
}

/** Why a change was not made. */
export type NotEdited =
  | { kind: 'wrong'; param: string; reason: string }
  | { kind: 'missing' }
  /** Routes that would have nothing left to lead to. */
  | { kind: 'in_use'; routes: readonly string[] }
  /** A price that has begun stays. */
  | { kind: 'final' };

/** What became of a change: the rows behind it, where it was made. */
export type Edited = { kind: 'done'; rows: StoredCatalog } | NotEdited;

const SINGULAR = { providers: 'provider', models: 'model', prices: 'price', routes: 'route' } as const;

const LAST_ID = 1e15;

/** The rows with one more; in place of the one of its name, but for prices. */
function withRow(rows: CatalogRows, table: CatalogTable, row: Readonly<Record<string, unknown>>): CatalogRows {
  const name = rowName(table, row);
  if (table === 'prices') {
    // Later than all that is there, as the database will number it.
    return { ...rows, prices: [...rows.prices, { ...row, id: LAST_ID + rows.prices.length }] };
  }
  return { ...rows, [table]: [...rows[table].filter((other) => rowName(table, other) !== name), row] };
}

function isSame(one: Problem, other: Problem): boolean {
  return one.table === other.table && one.name === other.name && one.reason === other.reason;
}

/** What is wrong after a change and was not before it, or is wrong with the row itself. */
function newProblems(desk: CatalogDesk, before: CatalogRows, after: CatalogRows, own: string | null): Problem[] {
  const known = buildCatalog(desk.builtIns, before).problems;
  const isNew = (problem: Problem) =>
    `${problem.table}/${problem.name}` === own || !known.some((other) => isSame(problem, other));
  return buildCatalog(desk.builtIns, after).problems.filter(isNew);
}

function isOwnHost({ ownHost }: CatalogDesk, { base_url: url }: Readonly<Record<string, unknown>>): boolean {
  return ownHost !== null && typeof url === 'string' && URL.canParse(url) && new URL(url).host === ownHost;
}

async function write(desk: CatalogDesk, edits: readonly CatalogEdit[]): Promise<Edited> {
  await changeCatalog(desk.database, edits, desk.actor);
  return { kind: 'done', rows: await desk.rows() };
}

/** What of a row is worth telling: all that was set. */
function detailsOf(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

/** Sets a row as a whole: what is left out is NULL. A price is added to those that are there. */
export async function putRow(
  desk: CatalogDesk,
  table: CatalogTable,
  name: string,
  members: Readonly<Record<string, unknown>>,
): Promise<Edited> {
  const valid_from = new Date(desk.now).toISOString();
  const whole = table === 'prices' && !members['valid_from'] ? { ...members, valid_from } : members;
  const checked = checkRow(table, name, whole);
  if (checked.kind === 'wrong') return checked;
  const { change, row } = checked;
  if (isOwnHost(desk, row)) return { kind: 'wrong', param: 'base_url', reason: 'base_url is this router itself' };
  const before = await desk.rows();
  const own = table === 'prices' ? null : `${table}/${name}`;
  const [problem] = newProblems(desk, before, withRow(before, table, row), own);
  if (problem !== undefined) {
    const isOwn = problem.table === table && problem.name === name;
    const reason = isOwn ? problem.reason : `${problem.table}/${problem.name} would be wrong: ${problem.reason}`;
    return { kind: 'wrong', param: isOwn ? paramOf(table, problem.reason) : 'name', reason };
  }
  const action = `${SINGULAR[table]}.${table === 'prices' ? 'add' : 'set'}`;
  return await write(desk, [{ changes: [change], action, target: name, details: detailsOf(row) }]);
}

/** The column that a reason is about: the first that it names. */
function paramOf(table: CatalogTable, reason: string): string {
  const [word = ''] = reason.split(' ');
  if (/^[a-z_]+$/.test(word) && reason.endsWith('is missing')) return word;
  if (reason.startsWith('key_variable')) return 'key_variable';
  return { providers: 'id', models: 'provider', prices: 'revision', routes: 'targets' }[table];
}

/** The rows that go when one goes: with a provider its models, with a model of one's own its prices. */
function withoutRow(desk: CatalogDesk, rows: StoredCatalog, table: CatalogTable, name: string): StoredCatalog {
  const isBuiltIn = (model: string) =>
    desk.builtIns.some(({ id, models }) => models.some((each) => `${id}/${each.id}` === model));
  switch (table) {
    case 'providers': {
      const providers = rows.providers.filter(({ id }) => id !== name);
      if (desk.builtIns.some(({ id }) => id === name)) return { ...rows, providers };
      const models = rows.models.filter(({ provider }) => provider !== name);
      return { ...rows, providers, models, prices: rows.prices.filter(({ provider }) => provider !== name) };
    }
    case 'models': {
      const models = rows.models.filter((row) => rowName('models', row) !== name);
      const prices = isBuiltIn(name) ? rows.prices : rows.prices.filter((row) => rowName('prices', row) !== name);
      return { ...rows, models, prices };
    }
    case 'prices': {
      const wrong = new Set(wrongPrices(desk, rows, name));
      const isComing = ({ valid_from }: { valid_from: string | null }) => Date.parse(valid_from ?? '') > desk.now;
      const goes = (row: (typeof rows.prices)[number]) =>
        rowName('prices', row) === name && (isComing(row) || wrong.has(row.id));
      return { ...rows, prices: rows.prices.filter((row) => !goes(row)) };
    }
    case 'routes':
      return { ...rows, routes: rows.routes.filter((row) => row.name !== name) };
  }
}

/** The prices of a model that are left out by themselves: without one of them there is a problem less. */
function wrongPrices(desk: CatalogDesk, rows: StoredCatalog, name: string): number[] {
  const count = (prices: StoredCatalog['prices']) => buildCatalog(desk.builtIns, { ...rows, prices }).problems.length;
  const all = count(rows.prices);
  const own = rows.prices.filter((row) => rowName('prices', row) === name);
  return own.flatMap(({ id }) => (count(rows.prices.filter((row) => row.id !== id)) < all ? [id] : []));
}

function removalsBetween(before: StoredCatalog, after: StoredCatalog): CatalogChange[] {
  const gone = <Row>(all: readonly Row[], left: readonly Row[]) => all.filter((row) => !left.includes(row));
  const ids = gone(before.prices, after.prices).map(({ id }) => id);
  return [
    ...gone(before.routes, after.routes).map(({ name }) => ({ table: 'routes', kind: 'remove', name }) as const),
    ...(ids.length === 0 ? [] : [{ table: 'prices', kind: 'remove', ids } as const]),
    ...gone(before.models, after.models).map(
      ({ id, provider }) => ({ table: 'models', kind: 'remove', provider, id }) as const,
    ),
    ...gone(before.providers, after.providers).map(({ id }) => ({ table: 'providers', kind: 'remove', id }) as const),
  ];
}

/** Whether a table has a row of this name. */
function hasRow(rows: CatalogRows, table: CatalogTable, name: string): boolean {
  return rows[table].some((row) => rowName(table, row) === name);
}

/**
 * Takes a row away, and what hangs on it; of a model's prices those that have not begun. Nothing is taken away that a
 * route leads to.
 */
export async function removeRow(desk: CatalogDesk, table: CatalogTable, name: string): Promise<Edited> {
  const before = await desk.rows();
  if (!hasRow(before, table, name)) return { kind: 'missing' };
  const after = withoutRow(desk, before, table, name);
  const removals = removalsBetween(before, after);
  if (removals.length === 0) return { kind: 'final' };
  const routes = newProblems(desk, before, after, null).filter((problem) => problem.table === 'routes');
  if (routes.length > 0) return { kind: 'in_use', routes: routes.map((problem) => problem.name) };
  const action = `${SINGULAR[table]}.remove`;
  // The audit keeps what was taken away: a bill can still be explained by its price.
  const gone = (['providers', 'models', 'prices', 'routes'] as const).flatMap((each) => {
    const rows: readonly unknown[] = before[each];
    const left: readonly unknown[] = after[each];
    const lost = rows.filter((row) => !left.includes(row));
    return lost.length === 0 ? [] : [[each, lost] as const];
  });
  const details = Object.fromEntries(gone);
  return await write(desk, [{ changes: removals, action, target: name, details }]);
}

/** Whether a price is there already, as a file that is imported again would bring it. */
function isThere(row: Readonly<Record<string, unknown>>, rows: StoredCatalog): boolean {
  const columns = [
    'provider',
    'model',
    'valid_from',
    'input',
    'cached',
    'output',
    'cache_write',
    'cache_write_hour',
    'bands',
    'tools',
  ];
  return rows.prices.some((other) => {
    const known: Readonly<Record<string, unknown>> = other;
    const isNamed = row['revision'] === null || row['revision'] === known['revision'];
    return isNamed && columns.every((column) => (row[column] ?? null) === (known[column] ?? null));
  });
}

/** Sets all rows of a file at once, or none of them. */
export async function importRows(desk: CatalogDesk, rows: CatalogRows): Promise<Edited> {
  const before = await desk.rows();
  const edits: CatalogEdit[] = [];
  let after: CatalogRows = before;
  for (const table of ['providers', 'models', 'prices', 'routes'] as const) {
    for (const [position, members] of rows[table].entries()) {
      const name = rowName(table, members);
      const checked = isObject(members)
        ? checkRow(table, name, members)
        : ({ kind: 'wrong', param: table, reason: 'must be a row' } as const);
      if (checked.kind === 'wrong') return { ...checked, reason: `${table}[${position}] ${name}: ${checked.reason}` };
      const { change, row } = checked;
      if (isOwnHost(desk, row))
        return { kind: 'wrong', param: 'base_url', reason: `${name}: base_url is this router itself` };
      if (table === 'prices' && isThere(row, before)) continue;
      after = withRow(after, table, row);
      const action = `${SINGULAR[table]}.${table === 'prices' ? 'add' : 'set'}`;
      edits.push({ changes: [change], action, target: name, details: detailsOf(row) });
    }
  }
  const [problem] = newProblems(desk, before, after, null);
  if (problem !== undefined) {
    return { kind: 'wrong', param: problem.table, reason: `${problem.table} ${problem.name}: ${problem.reason}` };
  }
  return await write(desk, edits);
}
