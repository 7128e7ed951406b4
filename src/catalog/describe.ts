import type { ListedRoute } from './lookup.ts';
import type { Model, PriceTable, TokenPrices } from './model.ts';
import { priceAt } from './price.ts';

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
      .map((coming) => ({ valid_from: coming.validFrom.slice(0, 10), ...describePrices(coming) })),
  };
}

/**
 * A model as both families of clients read it in `GET /models`, and `npm run models` show it. `now` is milliseconds since
 * 1970. Of names that `mayUse` does not know nothing is told: a key that may use a model through an operator's name alone does not learn which it is.
 */
export function describeModel(listed: ListedRoute, now: number, mayUse: (name: string) => boolean = () => true) {
  const { name, route, aliases, aliasOf } = listed;
  const [{ provider, model, parameters }] = route.targets;
  return {
    id: name,
    object: 'model',
    type: 'model',
    display_name: name,
    created_at: new Date(model.created * 1000).toISOString(),
    created: model.created,
    owned_by: provider,
    context_length: model.contextLength,
    max_input_tokens: model.contextLength,
    max_output_tokens: model.maxOutput,
    max_tokens: model.maxOutput,
    inputs: model.inputs,
    tools: model.tools,
    thinking: model.thinking,
    pricing: describePricing(model, now),
    aliases: aliases.filter(mayUse),
    ...(aliasOf === null || !mayUse(aliasOf) ? {} : { alias_of: aliasOf, parameters }),
    ...(model.note === undefined || !mayUse(aliasOf ?? name) ? {} : { note: model.note }),
  };
}
