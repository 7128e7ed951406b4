/** The tables of the catalogue in D1. */
export const CATALOG_TABLES = ['providers', 'models', 'prices', 'routes'] as const;
export type CatalogTable = (typeof CATALOG_TABLES)[number];

/** A row that is left out, and why. */
export interface Problem {
  table: CatalogTable;
  /** The row's name: the provider's id, `provider/model`, the route's name. */
  name: string;
  reason: string;
}
