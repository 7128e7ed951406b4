import type { ListedRoute } from './lookup.ts';
import type { Model, PriceTable, TokenPrices } from './model.ts';
import { priceAt } from './price.ts';
import { modelName, type Route, type RouteTarget } from './route.ts';

function describePrices({ input, cached, output, cacheWrite, cacheWriteHour }: TokenPrices) {
  return {
    input,
    cached_input: cached,
    output,
    ...(cacheWrite === undefined ? {} : { cache_write: cacheWrite }),
    ...(cacheWriteHour === undefined ? {} : { cache_write_1h: cacheWriteHour }),
  };
}

/** The table that holds: the one whose revision `priceAt` names, without the name of a band. */
function tableOf(tables: readonly PriceTable[], revision: string): PriceTable | undefined {
  return tables.findLast((table) => revision === table.revision || revision.startsWith(`${table.revision}:`));
}

/** A model's prices now, USD per million tokens, and the hours at which others hold; null where none is known. */
function describePricing(model: Model, now: number) {
  const price = priceAt(model, now);
  if (price === null) return null;
  const table = tableOf(model.prices, price.revision);
  const bands = table?.bands ?? [];
  const band = bands.find(({ name }) => price.revision === `${table?.revision}:${name}`);
  return {
    currency: 'USD',
    unit: '1M tokens',
    ...describePrices(band?.prices ?? table ?? price.prices),
    revision: price.revision,
    ...(price.tools === undefined ? {} : { tool_calls: price.tools }),
    // While a band's prices hold, the ones that hold at all other hours.
    ...(band === undefined || table === undefined ? {} : { otherwise: describePrices(table) }),
    bands: bands.map(({ name, weekdays, hours, prices }) => ({
      name,
      weekdays_utc: weekdays,
      hours_utc: hours,
      ...describePrices(prices),
    })),
    upcoming: model.prices
      .filter(({ validFrom }) => Date.parse(validFrom) > now)
      .map((coming) => ({ valid_from: coming.validFrom, ...describePrices(coming) })),
  };
}

type Targets = readonly [RouteTarget, ...RouteTarget[]];

/** The most that one of the targets can do; null where one of them does not say. */
function most(targets: Targets, read: (model: Model) => number | null): number | null {
  const known = targets.flatMap(({ model }) => read(model) ?? []);
  return known.length === targets.length ? Math.max(...known) : null;
}

/** What may be asked of the targets together: a request is served by one that can. Null where one does not say. */
function abilities(targets: Targets) {
  const inputs = targets.flatMap(({ model }) => (model.inputs === null ? [] : [model.inputs]));
  const tools = targets.flatMap(({ model }) => model.tools ?? []);
  const [{ model }] = targets;
  return {
    inputs: inputs.length === targets.length ? [...new Set(inputs.flat())] : null,
    tools: tools.length === targets.length ? tools.includes(true) : null,
    thinking: targets.length === 1 ? model.thinking : null,
  };
}

/** The targets of a route as its row has them, as far as they may be told. */
function describeTargets({ targets }: Pick<Route, 'targets'>, mayUse: (name: string) => boolean) {
  const told = targets.filter((target) => mayUse(modelName(target)));
  return told.map(({ parameters, weight, ...target }) => ({ model: modelName(target), parameters, weight }));
}

/**
 * A model or a route as both families of clients read it in `GET /models`, and `npm run models` shows it. `now` is
 * milliseconds since 1970. Of names that `mayUse` does not know nothing is told: a key that may use a model through an
 * operator's name alone does not learn which it is.
 */
export function describeModel(listed: ListedRoute, now: number, mayUse: (name: string) => boolean = () => true) {
  const { name, kind, route, aliases, aliasOf } = listed;
  const { targets } = route;
  const [{ provider, model, parameters }] = targets;
  const contextLength = most(targets, (each) => each.contextLength);
  const maxOutput = most(targets, (each) => each.maxOutput);
  const isTold = targets.length === 1 && mayUse(modelName(targets[0]));
  const note = listed.note ?? (isTold ? model.note : undefined);
  return {
    id: name,
    object: 'model',
    type: 'model',
    display_name: name,
    created_at: new Date(model.created * 1000).toISOString(),
    created: model.created,
    owned_by: provider,
    context_length: contextLength,
    max_input_tokens: contextLength,
    max_output_tokens: maxOutput,
    max_tokens: maxOutput,
    ...abilities(targets),
    // Of several the one that answers says what it costs.
    pricing: targets.length === 1 ? describePricing(model, now) : null,
    aliases: aliases.filter(mayUse),
    ...(kind === 'model' ? {} : { targets: describeTargets(route, mayUse) }),
    ...(aliasOf === null || !mayUse(aliasOf) ? {} : { alias_of: aliasOf, parameters }),
    ...(note === undefined ? {} : { note }),
  };
}
