import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { auditOf } from './audit.ts';
import type { Database } from './database.ts';
import { type Actor, deployment, models, prices, providers, routes } from './schema.ts';

/** The four tables as they were read in one transaction. No member of a row is to be trusted. */
export interface StoredCatalog {
  /** Another one after every change. */
  revision: string;
  providers: readonly (typeof providers.$inferSelect)[];
  models: readonly (typeof models.$inferSelect)[];
  prices: readonly (typeof prices.$inferSelect)[];
  routes: readonly (typeof routes.$inferSelect)[];
}

/** One change of the catalogue; a price is only ever added, and goes by its own id. */
export type CatalogChange =
  | { table: 'providers'; kind: 'put'; row: typeof providers.$inferInsert }
  | { table: 'models'; kind: 'put'; row: typeof models.$inferInsert }
  | { table: 'prices'; kind: 'put'; row: typeof prices.$inferInsert }
  | { table: 'routes'; kind: 'put'; row: typeof routes.$inferInsert }
  | { table: 'providers'; kind: 'remove'; id: string }
  | { table: 'models'; kind: 'remove'; provider: string; id: string }
  | { table: 'prices'; kind: 'remove'; ids: readonly number[] }
  | { table: 'routes'; kind: 'remove'; name: string };

/** Changes that belong together, and what the audit says of them. */
export interface CatalogEdit {
  changes: readonly CatalogChange[];
  /** For example `route.set`. */
  action: string;
  target: string;
  details: Record<string, unknown>;
}

const REVISION = 'catalog_revision';

function selectRevision(database: Database) {
  return database.select({ value: deployment.value }).from(deployment).where(eq(deployment.name, REVISION));
}

/** The catalogue's rows. What is `known` is given back where nothing has changed since. */
export async function readCatalog(database: Database, known: StoredCatalog | null = null): Promise<StoredCatalog> {
  if (known !== null) {
    const [now] = await selectRevision(database);
    if (now?.value === known.revision) return known;
  }
  // One batch is one transaction: no half of a change is seen.
  const [revision, ofProviders, ofModels, ofPrices, ofRoutes] = await database.batch([
    selectRevision(database),
    database.select().from(providers).orderBy(asc(providers.id)),
    database.select().from(models).orderBy(asc(models.provider), asc(models.id)),
    database.select().from(prices).orderBy(asc(prices.id)),
    database.select().from(routes).orderBy(asc(routes.name)),
  ]);
  return {
    revision: revision[0]?.value ?? '',
    providers: ofProviders,
    models: ofModels,
    prices: ofPrices,
    routes: ofRoutes,
  };
}

function statementOf(database: Database, change: CatalogChange) {
  if (change.kind === 'put') return putStatement(database, change);
  switch (change.table) {
    case 'providers':
      return database.delete(providers).where(eq(providers.id, change.id));
    case 'models':
      return database.delete(models).where(and(eq(models.provider, change.provider), eq(models.id, change.id)));
    case 'prices':
      return database.delete(prices).where(inArray(prices.id, [...change.ids]));
    case 'routes':
      return database.delete(routes).where(eq(routes.name, change.name));
  }
}

function putStatement(database: Database, change: Extract<CatalogChange, { kind: 'put' }>) {
  switch (change.table) {
    case 'providers': {
      const { created_at: _, ...set } = change.row;
      const updated_at = sql`(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`;
      const times = { created_at: updated_at, updated_at };
      return database
        .insert(providers)
        .values({ ...set, ...times })
        .onConflictDoUpdate({ target: providers.id, set: { ...set, updated_at } });
    }
    case 'models':
      return database
        .insert(models)
        .values(change.row)
        .onConflictDoUpdate({ target: [models.provider, models.id], set: change.row });
    case 'prices':
      return database.insert(prices).values(change.row);
    case 'routes':
      return database.insert(routes).values(change.row).onConflictDoUpdate({ target: routes.name, set: change.row });
  }
}

/** Makes changes and their audit rows, all in one transaction. */
export async function changeCatalog(database: Database, edits: readonly CatalogEdit[], actor: Actor): Promise<void> {
  const [first, ...others] = edits.flatMap(({ changes, ...entry }) => [
    ...changes.map((change) => statementOf(database, change)),
    auditOf(database, { ...entry, actor }),
  ]);
  if (first !== undefined) await database.batch([first, ...others]);
}
