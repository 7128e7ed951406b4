import { isObject } from '../protocol/json.ts';
import { BUILT_IN_ROUTES } from './built-in-routes.ts';
import type { RoutePlan } from './lookup.ts';
import { nearestNames } from './nearest.ts';
import { modelNamed } from './read-models.ts';
import { type CatalogRows, type RouteRow, routeRowSchema, rowName } from './rows.ts';
import { parseRows, type Sheet } from './sheet.ts';

/** Why a route cannot be used, or one of its targets; null where all is well. */
function wrongRoute(sheet: Sheet, { name, status, targets }: RouteRow): string | null {
  if (sheet.models.get(name)?.isActive) return 'a model has this name already';
  if (targets === null) return status === 'active' ? 'targets is missing' : null;
  // Each by its name: a route that loses another of its models has a problem more.
  const [missing, ...others] = targets.flatMap(({ model }) => (modelNamed(sheet, model) === null ? [model] : []));
  if (missing === undefined) return null;
  const nearest = nearestNames(missing, sheet.models.keys());
  const advice = nearest.length === 0 ? '' : `. Did you mean ${nearest.join(' or ')}?`;
  return `there is no model ${[missing, ...others].map((model) => model.slice(0, 200)).join(' nor ')}${advice}`;
}

/** The routes of the rows, and those built-in ones whose place no row takes. */
export function readRoutes(sheet: Sheet, rows: CatalogRows): RoutePlan[] {
  const own = new Map<string, RoutePlan | null>();
  for (const { name, row } of parseRows(sheet, 'routes', rows.routes, routeRowSchema)) {
    const reason = wrongRoute(sheet, row);
    if (reason !== null) sheet.problems.push({ table: 'routes', name, reason });
    if (row.status === 'disabled') own.set(name, null);
    // A target that is not there is passed over like one that is down: the others go on serving.
    const targets = row.targets?.filter(({ model }) => modelNamed(sheet, model) !== null) ?? [];
    if (row.status === 'disabled' || targets.length === 0 || sheet.models.get(name)?.isActive) continue;
    own.set(name, { name, targets, spread: row.spread, note: row.note, endpoint: null });
  }
  const builtIn = BUILT_IN_ROUTES.filter(({ name }) => !own.has(name));
  return [...own.values(), ...builtIn].flatMap((plan) => plan ?? []);
}

/** Names of models that rows hide. */
export function hiddenNames(rows: CatalogRows): ReadonlySet<string> {
  const disabled = rows.routes.filter((row) => isObject(row) && row['status'] === 'disabled');
  return new Set(disabled.map((row) => rowName('routes', row)));
}
