import { isAllowed } from '../catalog/allow-list.ts';
import { modelNotFound } from '../catalog/lookup.ts';
import type { Route } from '../catalog/route.ts';
import { assertOffers } from '../offer/offered.ts';
import type { RouterError } from '../protocol/errors.ts';
import type { Ask } from './ask.ts';
import type { Incoming } from './incoming.ts';
import type { Choice } from './order.ts';
import { notAllowed } from './refusal.ts';
import type { Target } from './target.ts';

/** What the names of a request stand for, in their order; unknown where none of them is a name. */
export type FoundRoute = { kind: 'found'; choices: readonly Choice[] } | { kind: 'unknown'; error: RouterError };

/** The targets of a route that this key may use. */
function choiceOf({ key, offered: { providers } }: Incoming, { spread, targets }: Route): Choice {
  const allowed = targets.filter(({ allowedBy }) => isAllowed(key.models, allowedBy));
  const known = allowed.flatMap(({ provider, ...target }): Target[] => {
    const configured = providers.get(provider);
    return configured === undefined ? [] : [{ ...target, configured }];
  });
  return { targets: known, spread };
}

/**
 * What serves the names that a request brings, here and now. Names that nobody knows and targets that this key may not use
 * are left out while others are there. Throws RouterError where the key may use none.
 */
export function findRoute(incoming: Incoming, { door, names }: Pick<Ask, 'door' | 'names'>): FoundRoute {
  const { key, offered } = incoming;
  assertOffers(offered);
  const choices: Choice[] = [];
  let unknown: (() => RouterError) | null = null;
  let forbidden: RouterError | null = null;
  for (const name of names) {
    const found = offered.catalog.find(name, ({ allowedBy }) => isAllowed(key.models, allowedBy), door.endpoint);
    if (found.kind === 'unknown') {
      // What is near it is looked for once, and where nothing serves.
      unknown ??= () => modelNotFound(name, found.nearest());
      continue;
    }
    const choice = choiceOf(incoming, found.route);
    if (choice.targets.length > 0) choices.push(choice);
    else forbidden ??= notAllowed(name);
  }
  if (choices.length > 0) return { kind: 'found', choices };
  if (forbidden !== null || unknown === null) throw forbidden ?? notAllowed(names.join(', '));
  return { kind: 'unknown', error: unknown() };
}
