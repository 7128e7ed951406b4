import type { Model } from '../catalog/model.ts';
import type { ConfiguredProvider } from '../providers/configured.ts';

/** What serves a request. */
export interface Target {
  configured: ConfiguredProvider;
  model: Model;
  /** What the requested name stands for beside the model. */
  parameters: Readonly<Record<string, unknown>>;
  /** The names of which one in a key's list allows it. */
  allowedBy: readonly string[];
}
