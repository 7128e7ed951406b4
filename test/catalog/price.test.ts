import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHINESE_HOLIDAYS } from '../../src/catalog/chinese-holidays.ts';
import type { Model, PriceBand, PriceTable, TokenPrices } from '../../src/catalog/model.ts';
import { costNanoUsd, priceAt } from '../../src/catalog/price.ts';
import { NO_USAGE, type Usage } from '../../src/protocol/usage.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';

function modelOf(id: string): Model {
  const model = PROVIDERS.flatMap(({ models }) => models).find((each) => each.id === id);
  if (model === undefined) throw new Error(`no model ${id}`);
  return model;
}

function usage(over: Partial<Usage>): Usage {
  return { ...NO_USAGE, ...over };
}

function inputPrice(id: string, at: string): number | undefined {
  return priceAt(modelOf(id), Date.parse(at))?.prices.input;
}

describe('the price of DeepSeek depends on the hour', () => {
  const OFF = 0.15;
  const PEAK = 0.3;
  // 2026-11-23 is a Monday.
  it.each([
    ['2026-11-23T00:59:59.999Z', OFF],
    ['2026-11-23T01:00:00.000Z', PEAK],
    ['2026-11-23T03:59:59.999Z', PEAK],
    ['2026-11-23T04:00:00.000Z', OFF],
    ['2026-11-23T05:59:59.999Z', OFF],
    ['2026-11-23T06:00:00.000Z', PEAK],
    ['2026-11-23T09:59:59.999Z', PEAK],
    ['2026-11-23T10:00:00.000Z', OFF],
    ['2026-11-27T09:59:59.999Z', PEAK], // Friday
    ['2026-11-28T01:00:00.000Z', OFF], // Saturday
    ['2026-11-29T06:00:00.000Z', OFF], // Sunday
    ['2026-11-30T01:00:00.000Z', PEAK], // Monday again
    ['2027-01-01T02:00:00.000Z', OFF], // New Year, a Friday
    ['2027-02-08T02:00:00.000Z', OFF], // Spring Festival, a Monday
    ['2027-10-01T07:00:00.000Z', OFF], // National Day, a Friday
    ['2027-10-04T07:00:00.000Z', PEAK], // the Monday after the days the law names
  ])('%s', (at, input) => {
    expect(inputPrice('deepseek-flash', at)).toBe(input);
  });

  it('doubles every price in the peak, and says so in the revision', () => {
    const off = priceAt(modelOf('deepseek-v4-pro'), Date.parse('2026-11-23T00:30:00Z'));
    const peak = priceAt(modelOf('deepseek-v4-pro'), Date.parse('2026-11-23T01:30:00Z'));
    expect(off).toEqual({ prices: { input: 0.66, cached: 0.022, output: 1.98 }, revision: 'deepseek-2026-11-15' });
    expect(peak).toEqual({
      prices: { input: 1.32, cached: 0.044, output: 3.96 },
      revision: 'deepseek-2026-11-15:peak',
    });
  });

  it('knows holidays as days that exist, in order, each once', () => {
    expect(CHINESE_HOLIDAYS).toEqual([...new Set(CHINESE_HOLIDAYS)].sort());
    for (const day of CHINESE_HOLIDAYS) expect(new Date(day).toISOString().slice(0, 10)).toBe(day);
    expect(CHINESE_HOLIDAYS.filter((day) => day.startsWith('2026'))).toHaveLength(33);
  });
});

const HOUR_MS = 3_600_000;
// A Wednesday far from any holiday.
const WORKDAY = Date.parse('2026-12-09T00:00:00Z');

interface Edge {
  model: Model;
  table: PriceTable;
  band: PriceBand;
  at: number;
  opens: boolean;
}

function edgesOf(model: Model): Edge[] {
  return model.prices.flatMap((table) =>
    (table.bands ?? []).flatMap((band) =>
      band.hours.flatMap(({ from, to }) => [
        { model, table, band, at: WORKDAY + from * HOUR_MS, opens: true },
        { model, table, band, at: WORKDAY + to * HOUR_MS, opens: false },
      ]),
    ),
  );
}

const EDGES = PROVIDERS.flatMap(({ models }) => models).flatMap(edgesOf);

describe('every band of every model', () => {
  it('has edges to look at', () => expect(EDGES.length).toBeGreaterThanOrEqual(8));

  it.each(EDGES.map((edge) => [`${edge.model.id} at ${new Date(edge.at).toISOString()}`, edge] as const))(
    '%s holds from its first millisecond to the last before its end',
    (_, { model, table, band, at, opens }) => {
      const before = priceAt(model, at - 1)?.prices;
      const after = priceAt(model, at)?.prices;
      expect(opens ? after : before).toEqual(band.prices);
      expect((opens ? before : after)?.input).toBe(table.input);
    },
  );
});

describe('a price table holds from its day on', () => {
  const old: PriceTable = { validFrom: '2026-01-01', revision: 'old', input: 1, cached: 0.1, output: 2 };
  const next: PriceTable = { validFrom: '2026-12-01', revision: 'next', input: 3, cached: 0.3, output: 6 };

  it.each([
    ['2025-12-31T23:59:59.999Z', 'old'], // no request goes without its price
    ['2026-01-01T00:00:00.000Z', 'old'],
    ['2026-11-30T23:59:59.999Z', 'old'],
    ['2026-12-01T00:00:00.000Z', 'next'],
  ])('%s', (at, revision) => {
    expect(priceAt({ prices: [next, old] }, new Date(at))?.revision ?? null).toBe(revision);
  });

  it('and there is none where none is known', () => expect(priceAt({ prices: [] }, 0)).toBeNull());

  it('and a later entry of the same day corrects the one before', () => {
    const corrected = { ...old, revision: 'corrected' };
    expect(priceAt({ prices: [old, corrected] }, Date.parse('2026-06-01'))?.revision).toBe('corrected');
  });
});

describe('a cache entry kept for an hour', () => {
  const request = { prompt_cache_options: { ttl: '1h' } };
  const at = Date.parse('2026-11-23T12:00:00Z');

  it('costs more where the provider says so', () => {
    expect(priceAt(modelOf('kimi-k3'), at)).toMatchObject({ prices: { cacheWrite: 3 } });
    expect(priceAt(modelOf('kimi-k3'), at, request)).toMatchObject({
      prices: { cacheWrite: 6 },
      revision: 'moonshot-2026-07-16:1h',
    });
  });

  it('costs the same elsewhere, and only when asked for', () => {
    expect(priceAt(modelOf('glm-5'), at, request)).toEqual(priceAt(modelOf('glm-5'), at));
    const five = { prompt_cache_options: { ttl: '5m' } };
    expect(priceAt(modelOf('kimi-k3'), at, five)).toEqual(priceAt(modelOf('kimi-k3'), at));
  });
});

describe('the bill', () => {
  const prices: TokenPrices = { input: 3, cached: 0.3, output: 15, cacheWrite: 6 };

  it('is exact for each kind of token', () => {
    expect(costNanoUsd(usage({ inputTokens: 1 }), prices)).toBe(3000);
    expect(costNanoUsd(usage({ inputTokens: 1, cachedTokens: 1 }), prices)).toBe(300);
    expect(costNanoUsd(usage({ inputTokens: 1, cacheWriteTokens: 1 }), prices)).toBe(6000);
    expect(costNanoUsd(usage({ outputTokens: 1 }), prices)).toBe(15_000);
    expect(costNanoUsd(usage({ outputTokens: 10, reasoningTokens: 10 }), prices)).toBe(150_000);
    expect(
      costNanoUsd(usage({ inputTokens: 100, cachedTokens: 40, cacheWriteTokens: 20, outputTokens: 7 }), prices),
    ).toBe(40 * 3000 + 40 * 300 + 20 * 6000 + 7 * 15_000);
  });

  it('is a miss for cache writes that are not billed apart', () => {
    const plain = { input: 3, cached: 0.3, output: 15 };
    expect(costNanoUsd(usage({ inputTokens: 2, cacheWriteTokens: 2 }), plain)).toBe(6000);
  });

  it('is nothing for nothing', () => expect(costNanoUsd(NO_USAGE, prices)).toBe(0));

  it.each([
    [1, 0.0004, 0], // 0.4 nano-USD
    [1, 0.0005, 1], // half goes up
    [3, 0.0005, 2], // 1.5
    [1, 0.0015, 2],
    [1_000_000, 0.0001, 100_000],
  ])('rounds half up, once: %i tokens at %f', (outputTokens, output, cost) => {
    expect(costNanoUsd(usage({ outputTokens }), { input: 0, cached: 0, output })).toBe(cost);
  });

  it('rounds the sum, not its parts', () => {
    // Twice 0.5 nano-USD is one, not two.
    const half = { input: 0.0005, cached: 0, output: 0.0005 };
    expect(costNanoUsd(usage({ inputTokens: 1, outputTokens: 1 }), half)).toBe(1);
  });

  it('has no float error at any size', () => {
    const tokens = fc.nat({ max: 2_000_000 });
    const price = fc.nat({ max: 2_000_000 }); // ten-thousandths of a USD: four decimals
    fc.assert(
      fc.property(
        fc.tuple(tokens, tokens, tokens, tokens),
        fc.tuple(price, price, price, price),
        ([fresh, cached, written, output], [miss, hit, write, out]) => {
          const billed = { input: miss / 1e4, cached: hit / 1e4, cacheWrite: write / 1e4, output: out / 1e4 };
          const used = usage({
            inputTokens: fresh + cached + written,
            cachedTokens: cached,
            cacheWriteTokens: written,
            outputTokens: output,
          });
          // One token at 0.0001 USD a million is a tenth of a nano-USD.
          const tenths =
            BigInt(fresh) * BigInt(miss) +
            BigInt(cached) * BigInt(hit) +
            BigInt(written) * BigInt(write) +
            BigInt(output) * BigInt(out);
          expect(costNanoUsd(used, billed)).toBe(Number((tenths + 5n) / 10n));
        },
      ),
    );
  });
});
