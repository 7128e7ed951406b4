import { isAllowed } from '../catalog/allow-list.ts';
import { modelNotFound } from '../catalog/lookup.ts';
import type { RouterError } from '../protocol/errors.ts';
import { requireOffered } from '../providers/offered.ts';
import type { Incoming } from './incoming.ts';
import { notAllowed } from './refusal.ts';
import type { Target } from './target.ts';

export type FoundTarget = { kind: 'found'; target: Target } | { kind: 'unknown'; error: RouterError };

/** What serves a model's name here and now. Throws RouterError where this key may not use it. */
export function findTarget({ config, env, key }: Incoming, request: { model: string }): FoundTarget {
  const { providers, catalog } = requireOffered(env, config.modelsJson);
  const found = catalog.find(request.model, ({ allowedBy }) => isAllowed(key.models, allowedBy));
  const configured = found.kind === 'found' ? providers.get(found.provider) : undefined;
  if (found.kind === 'unknown' || configured === undefined) {
    return { kind: 'unknown', error: modelNotFound(request.model, found.kind === 'unknown' ? found.nearest : []) };
  }
  const { allowedBy, model, parameters } = found;
  if (!isAllowed(key.models, allowedBy)) throw notAllowed(request.model);
  return { kind: 'found', target: { configured, model, parameters, allowedBy } };
}
