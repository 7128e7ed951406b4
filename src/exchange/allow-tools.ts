import { type Price, toolPrice } from '../catalog/price.ts';
import { budgetsOf } from '../ledger/policy.ts';
import { RouterError } from '../protocol/errors.ts';
import type { ApiKey } from '../store/schema.ts';

const SHOWN_NAME = 60;

function unsupported(names: readonly string[], why: string, advice: string): RouterError {
  const shown = names.slice(0, 3).map((name) => `'${name.slice(0, SHOWN_NAME)}'`);
  const what =
    names.length === 1 ? `${shown[0]} is no function but a tool` : `${shown.join(', ')} are no functions but tools`;
  return new RouterError('unsupported_tool', `${what} that the provider runs itself, ${why}. ${advice}`, {
    param: 'tools',
  });
}

/**
 * Refuses what a key may not have a provider do: its own tools are billed by the call, so they need the key's leave,
 * and, where the key has a budget, a price. Gives those back that have one. Throws RouterError.
 */
export function allowTools(key: ApiKey, price: Price | null, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  if (!key.providerTools) {
    throw unsupported(
      names,
      'and this key may not use such tools',
      "Send tools of type 'function', or ask your administrator to allow it (--provider-tools on).",
    );
  }
  const isPriced = (name: string) => price !== null && toolPrice(price, name) !== null;
  const unpriced = names.filter((name) => !isPriced(name));
  if (unpriced.length > 0 && budgetsOf(key).length > 0) {
    throw unsupported(
      unpriced,
      'it has no price here, and this key has a budget',
      'Leave it out, or ask your administrator to add its price a call.',
    );
  }
  return names.filter(isPriced);
}
