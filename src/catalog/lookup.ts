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
  /** For a provider that takes any id: the model that an id stands for which is not among `models`. */
  anyModel?: (id: string) => Model | null;
}

/** A route as it is written: its targets are models by name. */
export interface RoutePlan {
  /** What ends in `*` stands for every name that begins so. */
  name: string;
  targets: readonly { model: string; parameters: Readonly<Record<string, unknown>>; weight: number }[];
  spread: boolean;
  note: string | null;
  /** The one door where the name holds; null where it does at each. */
  endpoint: string | null;
}

/** What a name turned out to be; `requested` is the name as it was asked for. */
type Lookup = { kind: 'found'; route: Route; requested: string } | { kind: 'unknown'; nearest(): string[] };

/** One line of `GET /models`: a model under its own name, another name of it, or a route. */
export interface ListedRoute {
  /** `provider/model`, or whatever else the route is called. */
  name: string;
  /** A route may be but another name of a model; a pattern is a route whose name ends in `*`. */
  kind: 'model' | 'route' | 'pattern' | 'other name';
  route: Route;
  /** The other names of a model, routes that are but another name of it included; empty for all else. */
  aliases: readonly string[];
  /** The model's own name where this is another name of one. */
  aliasOf: string | null;
  note: string | null;
  endpoint: string | null;
}

/** Whether a target may be told of, or used. */
type Filter = (target: RouteTarget) => boolean;

/** The models that one deployment knows. */
export interface Catalog {
  /**
   * Finds what a client means by a name: an exact one, else the longest that ends in `*` and begins like it. Of names
   * that it does not know it brings up those near it that are usable. `endpoint` is the door it was asked at, null for
   * any.
   */
  find(name: string, isUsable?: Filter, endpoint?: string | null): Lookup;
  /** Every name that `find` finds: models first, then routes, then other names. */
  list(): ListedRoute[];
}

/** The names that belong to a model as its provider's file has them, and no route has taken: the first to claim one has it. */
function claimNames(entries: readonly CatalogEntry[], taken: ReadonlySet<string>): Map<string, Alias & { of: string }> {
  const claimed = new Map<string, Alias & { of: string }>();
  for (const { id, models, aliases } of entries) {
    for (const alias of aliases) {
      if (taken.has(alias.name) || claimed.has(alias.name)) continue;
      if (models.some((model) => model.id === alias.model))
        claimed.set(alias.name, { ...alias, of: `${id}/${alias.model}` });
    }
  }
  return claimed;
}

type Targets = [RouteTarget, ...RouteTarget[]];
type Names = Map<string, ListedRoute>;

/** The targets of a route that are there, each allowed by the route's name and by its own. */
function targetsOf({ name, targets }: RoutePlan, targetNamed: (model: string) => RouteTarget | null): Targets | null {
  const [first, ...others] = targets.flatMap(({ model, parameters, weight }) => {
    const target = targetNamed(model);
    return target === null ? [] : [{ ...target, parameters, weight, allowedBy: [name, ...target.allowedBy] }];
  });
  return first === undefined ? null : [first, ...others];
}

/** The models as targets, by their own names; those that are not listed too, where their provider takes any id. */
function modelTargets(entries: readonly CatalogEntry[], claimed: ReadonlyMap<string, { of: string }>) {
  const namesOf = Map.groupBy(claimed.keys(), (name) => claimed.get(name)?.of);
  function targetOf(provider: string, model: Model): RouteTarget {
    const name = `${provider}/${model.id}`;
    return { provider, model, parameters: {}, weight: 1, allowedBy: [name, ...(namesOf.get(name) ?? [])] };
  }
  const known = new Map<string, RouteTarget>(
    entries.flatMap(({ id, models }) => models.map((model) => [`${id}/${model.id}`, targetOf(id, model)] as const)),
  );
  function unlisted(name: string): RouteTarget | null {
    const entry = entries.find(({ id, anyModel }) => anyModel !== undefined && name.startsWith(`${id}/`));
    const model = entry?.anyModel?.(name.slice(entry.id.length + 1)) ?? null;
    return entry === undefined || model === null ? null : targetOf(entry.id, model);
  }
  return { known, unlisted, named: (name: string) => known.get(name) ?? unlisted(name) };
}

/** The one model that a route is but another name of; null for what is more. */
function aliasOf({ endpoint, targets }: RoutePlan): string | null {
  return endpoint === null && targets.length === 1 ? (targets[0]?.model ?? null) : null;
}

/** Every name there is, and what finds the target of one that is not listed. */
function nameAll(entries: readonly CatalogEntry[], plans: readonly RoutePlan[]) {
  // Maps, as names come from outside: `__proto__/x` is a name like any other.
  const byName: Names = new Map();
  const modelNames = entries.flatMap(({ id, models }) => models.map((model) => `${id}/${model.id}`));
  const claimed = claimNames(entries, new Set([...modelNames, ...plans.map(({ name }) => name)]));
  const targets = modelTargets(entries, claimed);
  const routesOf = Map.groupBy(plans, aliasOf);
  for (const [name, target] of targets.known) {
    const aliases = [...target.allowedBy.slice(1), ...(routesOf.get(name) ?? []).map((plan) => plan.name)];
    const route: Route = { name, targets: [target], spread: false };
    byName.set(name, {
      name,
      kind: 'model',
      route,
      aliases,
      aliasOf: null,
      note: target.model.note ?? null,
      endpoint: null,
    });
  }
  for (const plan of plans) {
    const { endpoint, name, note, spread } = plan;
    const found = byName.has(name) ? null : targetsOf(plan, targets.named);
    if (found === null) continue;
    const route: Route = { name, targets: found, spread };
    const kind = name.endsWith('*') ? 'pattern' : 'route';
    byName.set(name, { name, kind, route, aliases: [], aliasOf: aliasOf(plan), note, endpoint });
  }
  for (const [name, { of, parameters = {} }] of claimed) {
    const target = targets.known.get(of);
    if (target === undefined) continue;
    const route: Route = { name, targets: [{ ...target, parameters }], spread: false };
    byName.set(name, { name, kind: 'other name', route, aliases: [], aliasOf: of, note: null, endpoint: null });
  }
  return { byName, unlisted: targets.unlisted };
}

/**
 * A catalogue of these providers and routes. Where a model and another name are the same, the model holds; before a
 * provider's own other name a route does.
 */
export function createCatalog(entries: readonly CatalogEntry[], plans: readonly RoutePlan[] = []): Catalog {
  const { byName, unlisted } = nameAll(entries, plans);
  const patterns = [...byName.values()]
    .filter(({ kind }) => kind === 'pattern')
    .sort((one, other) => other.name.length - one.name.length);

  function findRoute(name: string, endpoint: string | null): Route | null {
    const isServed = (listed: ListedRoute) =>
      listed.endpoint === null || endpoint === null || listed.endpoint === endpoint;
    const exact = byName.get(name);
    if (exact !== undefined && isServed(exact)) return exact.route;
    const pattern = patterns.find((each) => name.startsWith(each.name.slice(0, -1)) && isServed(each));
    const any = unlisted(name);
    // A provider that takes any id takes all that begins with its own: the longest beginning holds.
    if (any !== null && any.provider.length + 2 > (pattern?.name.length ?? 0)) {
      return { name, targets: [any], spread: false };
    }
    return pattern?.route ?? null;
  }

  return {
    find(name, isUsable = () => true, endpoint = null) {
      const route = findRoute(name, endpoint);
      if (route !== null) return { kind: 'found', route, requested: name };
      return {
        kind: 'unknown',
        // Compares with every name there is: only whoever is told of it has it made.
        nearest() {
          const usable = [...byName.values()].filter(
            (each) => each.kind !== 'pattern' && each.route.targets.some(isUsable),
          );
          return nearestNames(
            name,
            usable.map((each) => each.name),
          );
        },
      };
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
