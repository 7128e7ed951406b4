import type { Model } from './model.ts';

/** One model of one provider that may serve a name. */
export interface RouteTarget {
  /** The provider's id. */
  provider: string;
  model: Model;
  /** What the name stands for beside the model; the client's own members come first. */
  parameters: Readonly<Record<string, unknown>>;
  /** Its share where the route spreads. */
  weight: number;
  /**
   * The names of which one in a key's list allows it. A model goes by all its built-in names, retired and slash-free
   * ones too; through an operator's route it is allowed by the route's name and by its own.
   */
  allowedBy: readonly string[];
}

/** What a name stands for: one target or several, in the order in which they are tried. */
export interface Route {
  /** `provider/model`, another name of a model, or a route's name; one that ends in `*` stands for many. */
  name: string;
  targets: readonly [RouteTarget, ...RouteTarget[]];
  /** True where targets are drawn by weight. */
  spread: boolean;
}

/** A target's model by its full name. */
export function modelName({ provider, model }: Pick<RouteTarget, 'provider' | 'model'>): string {
  return `${provider}/${model.id}`;
}
