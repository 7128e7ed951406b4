import { RouterError } from '../protocol/errors.ts';
import type { Alias, Model } from './model.ts';
import { nearestNames } from './nearest.ts';
import type { Route, RouteTarget } from './route.ts';

/** What one provider brings to the catalogue. */
export interface CatalogEntry {
  /** The provider's id; holds no slash. */
  id: string;
  models: readonly Model[];
  aliases: readonly Alias[];
}

/** What a name turned out to be; `requested` is the name as it was asked for. */
type Lookup = { kind: 'found'; route: Route; requested: string } | { kind: 'unknown'; nearest: string[] };

/** One line of `GET /models`: a model under its own name, another name of it, or a route. */
export interface ListedRoute {
  /** `provider/model`, or whatever else the route is called. */
  name: string;
  route: Route;
  /** The other names of a model; empty for what is itself another name. */
  aliases: readonly string[];
  /** The model's own name where this is another name of one. */
  aliasOf: string | null;
}

/** Whether a target may be told of, or used. */
type Filter = (target: RouteTarget) => boolean;

/** The models that one deployment knows. */
export interface Catalog {
  /** Finds what a client means by a name. Of names it does not know, it brings up those near it that are usable. */
  find(name: string, isUsable?: Filter): Lookup;
  /** Every name that `find` finds: models first, then the others. */
  list(): ListedRoute[];
}

function routeOf(name: string, target: Omit<RouteTarget, 'weight'>): Route {
  return { name, targets: [{ ...target, weight: 1 }], spread: false };
}

/** A catalogue of these providers. Where a model and an alias share a name, the model holds. */
export function createCatalog(entries: readonly CatalogEntry[]): Catalog {
  // A Map, as names come from outside: `__proto__/x` is a name like any other.
  const byName = new Map<string, ListedRoute>();
  for (const { id, models, aliases } of entries) {
    for (const model of models) {
      const name = `${id}/${model.id}`;
      const others = aliases.filter((alias) => alias.model === model.id);
      const own = others.filter(({ isRoute }) => isRoute !== true).map((alias) => alias.name);
      const route = routeOf(name, { provider: id, model, parameters: {}, allowedBy: [name, ...own] });
      byName.set(name, { name, route, aliases: others.map((alias) => alias.name), aliasOf: null });
    }
  }
  for (const { id, aliases } of entries) {
    for (const alias of aliases) {
      const listed = byName.get(`${id}/${alias.model}`);
      if (listed === undefined || byName.has(alias.name)) continue;
      const [target] = listed.route.targets;
      const allowedBy = alias.isRoute === true ? [alias.name, ...target.allowedBy] : target.allowedBy;
      const route = routeOf(alias.name, { ...target, parameters: alias.parameters ?? {}, allowedBy });
      byName.set(alias.name, { name: alias.name, route, aliases: [], aliasOf: listed.name });
    }
  }
  return {
    find(name, isUsable = () => true) {
      const listed = byName.get(name);
      if (listed === undefined) {
        const usable = [...byName.values()].filter(({ route }) => route.targets.some(isUsable));
        const names = usable.map((each) => each.name);
        return { kind: 'unknown', nearest: nearestNames(name, names) };
      }
      return { kind: 'found', route: listed.route, requested: name };
    },
    list: () => [...byName.values()],
  };
}

/** The error for a name nobody knows. */
export function modelNotFound(name: string, nearest: readonly string[]): RouterError {
  const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  const advice =
    nearest.length > 0
      ? `Did you mean ${nearest.map((other) => `'${other}'`).join(' or ')}?`
      : "Model names are 'provider/model'.";
  return new RouterError(
    'model_not_found',
    `The model '${shown}' does not exist. ${advice} GET /api/v1/models lists the models this key may use.`,
    { param: 'model' },
  );
}
