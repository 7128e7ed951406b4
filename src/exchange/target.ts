import type { RouteTarget } from '../catalog/route.ts';
import type { ConfiguredProvider } from '../providers/configured.ts';

/** A model that may serve a request, with its provider as this deployment has it. */
export interface Target extends Omit<RouteTarget, 'provider'> {
  readonly configured: ConfiguredProvider;
}
