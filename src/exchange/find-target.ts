import { isAllowed } from '../catalog/allow-list.ts';
import { modelNotFound } from '../catalog/lookup.ts';
import { assertOffers } from '../offer/offered.ts';
import type { RouterError } from '../protocol/errors.ts';
import type { Incoming } from './incoming.ts';
import { notAllowed } from './refusal.ts';
import type { Target } from './target.ts';

export type FoundTarget = { kind: 'found'; target: Target } | { kind: 'unknown'; error: RouterError };

/** What serves a model's name here and now. Throws RouterError where this key may not use it. */
export function findTarget({ key, offered }: Incoming, request: { model: string }): FoundTarget {
  assertOffers(offered);
  const { providers, catalog } = offered;
  const found = catalog.find(request.model, ({ allowedBy }) => isAllowed(key.models, allowedBy));
  if (found.kind === 'unknown') return { kind: 'unknown', error: modelNotFound(request.model, found.nearest) };
  const [{ allowedBy, model, parameters, provider }] = found.route.targets;
  const configured = providers.get(provider);
  if (configured === undefined) return { kind: 'unknown', error: modelNotFound(request.model, []) };
  if (!isAllowed(key.models, allowedBy)) throw notAllowed(request.model);
  return { kind: 'found', target: { configured, model, parameters, allowedBy } };
}
