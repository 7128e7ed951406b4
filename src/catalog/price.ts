import { isObject } from '../protocol/json.ts';
import { usdToNano } from '../protocol/money.ts';
import type { ToolUses } from '../protocol/tool-uses.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Model, PriceBand, PriceTable, TokenPrices } from './model.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What stands in the place of a revision where a model has no price: what it serves is billed at nothing. */
export const UNPRICED = 'unpriced';

/** What a model costs at an instant. The revision names the table and the band, so a row explains its own bill. */
export interface Price {
  prices: TokenPrices;
  /** USD a call of the provider's own tools, by name. */
  tools?: Readonly<Record<string, number>>;
  revision: string;
}

function holds(band: PriceBand, at: Date): boolean {
  if (!band.weekdays.includes(at.getUTCDay())) return false;
  if (band.holidays.includes(at.toISOString().slice(0, 10))) return false;
  const hour = (at.getTime() % DAY_MS) / HOUR_MS;
  return band.hours.some(({ from, to }) => from <= hour && hour < to);
}

/** OpenAI's field, which Moonshot has too: https://github.com/MoonshotAI/kimi-code/issues/3942 (2026-09-19). */
function asksForHourCache(request: { [name: string]: unknown }): boolean {
  const options = request['prompt_cache_options'];
  return isObject(options) && options['ttl'] === '1h';
}

/** The newest table that is not in the future; the first of all where each is: no request goes without its price. */
function tableAt(tables: readonly PriceTable[], instant: number): PriceTable | null {
  // Of two that begin together the later in the list holds: a deployment's correction comes last.
  const sorted = [...tables].sort((one, other) => Date.parse(one.validFrom) - Date.parse(other.validFrom));
  return sorted.findLast(({ validFrom }) => Date.parse(validFrom) <= instant) ?? sorted[0] ?? null;
}

/**
 * The price that holds at an instant (a Date, or milliseconds since 1970); null where none is known.
 * Callers pass the start of the request and keep the answer: a stream that runs over the edge of a band
 * is billed as it began. No provider says which instant counts; this one is known before the first token,
 * so hold, checkpoint and bill agree. The request is looked at for how long cache entries are to be kept.
 */
export function priceAt(
  model: Pick<Model, 'prices'>,
  at: Date | number,
  request: { [name: string]: unknown } = {},
): Price | null {
  const instant = new Date(at);
  const table = tableAt(model.prices, instant.getTime());
  if (table === null) return null;
  const band = table.bands?.find((candidate) => holds(candidate, instant));
  const prices = band?.prices ?? table;
  const revision = band === undefined ? table.revision : `${table.revision}:${band.name}`;
  const { input, cached, output, cacheWrite, cacheWriteHour } = prices;
  const tools = table.tools === undefined ? {} : { tools: table.tools };
  if (cacheWriteHour !== undefined && asksForHourCache(request)) {
    return { prices: { input, cached, output, cacheWrite: cacheWriteHour }, ...tools, revision: `${revision}:1h` };
  }
  return { prices: { input, cached, output, ...(cacheWrite === undefined ? {} : { cacheWrite }) }, ...tools, revision };
}

/** USD per million tokens is picodollars a token times a million: whole for up to six decimals. */
function picoUsdPerToken(usdPerMillion: number): bigint {
  return BigInt(Math.round(usdPerMillion * 1_000_000));
}

function tokens(count: number): bigint {
  return BigInt(Math.max(0, Math.trunc(count)));
}

/** The cost in whole nano-USD, exact, rounded half up once at the end. */
export function costNanoUsd(usage: Usage, prices: TokenPrices): number {
  const fresh = usage.inputTokens - usage.cachedTokens - usage.cacheWriteTokens;
  const pico =
    tokens(fresh) * picoUsdPerToken(prices.input) +
    tokens(usage.cachedTokens) * picoUsdPerToken(prices.cached) +
    tokens(usage.cacheWriteTokens) * picoUsdPerToken(prices.cacheWrite ?? prices.input) +
    tokens(usage.outputTokens) * picoUsdPerToken(prices.output);
  return Number((pico + 500n) / 1000n);
}

/** USD for a call of a provider's own tool; null where the catalogue has no price for it. */
export function toolPrice({ tools = {} }: Price, name: string): number | null {
  // The name comes from outside: what every object has is no price.
  return Object.hasOwn(tools, name) ? (tools[name] ?? null) : null;
}

/** What so many calls of a provider's own tools cost, nano-USD; what has no price costs nothing here. */
export function toolCostNanoUsd(uses: ToolUses, price: Price): number {
  return Object.entries(uses).reduce((sum, [name, count]) => sum + count * usdToNano(toolPrice(price, name) ?? 0), 0);
}
