const NANO_PER_USD = 1_000_000_000;

/** Nano-USD (an integer) as decimal USD: up to 9 places, no exponent, no trailing zeros. */
export function nanoToUsd(nano: number): string {
  const sign = nano < 0 ? '-' : '';
  const digits = Math.abs(nano).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The same with all nine places: in a column the points stand below each other. */
export function nanoToAlignedUsd(nano: number): string {
  const [whole, places = ''] = nanoToUsd(nano).split('.');
  return `${whole}.${places.padEnd(9, '0')}`;
}

/** USD as people write budgets, in whole nano-USD, rounded to the nearest. */
export function usdToNano(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}
