import type { Model, PriceBand, TokenPrices } from '../../catalog/model.ts';
import { priceAt } from '../../catalog/price.ts';
import type { Texts } from '../texts/english.ts';

/** One price of a model, and when it holds. */
export interface PriceLine {
  prices: TokenPrices;
  /** Empty for a price that always holds. */
  when: string;
  isNow: boolean;
}

function clock(hour: number): string {
  const minutes = Math.round(hour * 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** Weekdays that follow each other are a range: `Mon–Fri`, `Mon, Wed`. */
function daysOf(weekdays: readonly number[], names: readonly string[]): string {
  const sorted = [...weekdays].sort((one, other) => one - other);
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  const isRange = sorted.length > 2 && last - first === sorted.length - 1;
  return isRange ? `${names[first]}–${names[last]}` : sorted.map((weekday) => names[weekday]).join(', ');
}

function hoursOf(band: PriceBand, { models }: Texts): string {
  const hours = band.hours.map(({ from, to }) => `${clock(from)}\u2060–\u2060${clock(to)}`).join(', ');
  return models.hours(hours, band.weekdays.length === 7 ? models.everyDay : daysOf(band.weekdays, models.weekdays));
}

/** Every price of a model that holds now or at another hour, and those to come. `now` is ms since 1970. */
export function priceLines(model: Model, now: number, texts: Texts): PriceLine[] {
  const current = priceAt(model, now);
  const base = priceAt({ prices: model.prices.map(({ bands: _, ...table }) => table) }, now);
  const table = model.prices.find(({ revision }) => revision === base?.revision);
  const lines: PriceLine[] = [];
  if (current !== null && base !== null) {
    const bands = table?.bands ?? [];
    const isBase = current.revision === base.revision;
    lines.push({ prices: base.prices, when: bands.length === 0 ? '' : texts.models.otherwise, isNow: isBase });
    for (const band of bands) {
      const isNow = current.revision === `${base.revision}:${band.name}`;
      lines.push({ prices: band.prices, when: hoursOf(band, texts), isNow });
    }
  }
  for (const coming of model.prices.filter(({ validFrom }) => Date.parse(validFrom) > now)) {
    lines.push({ prices: coming, when: texts.models.from(coming.validFrom.slice(0, 10)), isNow: false });
  }
  return lines;
}
