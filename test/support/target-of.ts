import type { Catalog } from '../../src/catalog/lookup.ts';
import type { RouteTarget } from '../../src/catalog/route.ts';

/** What a name stands for first; throws for a name that is not known. */
export function targetOf(catalog: Catalog, name: string): RouteTarget {
  const found = catalog.find(name);
  if (found.kind === 'unknown') throw new Error(`no model ${name}`);
  return found.route.targets[0];
}
