import { RouterError } from '../protocol/errors.ts';
import type { Alias, Model } from './model.ts';
import { nearestNames } from './nearest.ts';

/** What one provider brings to the catalogue. */
export interface CatalogEntry {
  /** The provider's id; holds no slash. */
  id: string;
  models: readonly Model[];
  aliases: readonly Alias[];
}

/** What a name turned out to be. */
type Lookup =
  | {
      kind: 'found';
      provider: string;
      model: Model;
      /** What the name stands for beside the model; the client's own members come first. */
      parameters: Readonly<Record<string, unknown>>;
      /** The name as it was asked for. */
      requested: string;
      allowedBy: readonly string[];
    }
  | { kind: 'unknown'; nearest: string[] };

/** One line of `GET /models`: a model under its own name, or under another. */
export interface ListedModel {
  /** `provider/model`, or the alias. */
  name: string;
  provider: string;
  model: Model;
  /** The other names of a model; empty for an alias. */
  aliases: readonly string[];
  /** The model's own name where this is an alias. */
  aliasOf: string | null;
  /**
   * The names of which one in a key's list allows this one. A model goes by all its built-in names, retired and
   * slash-free ones too; an operator's own name is allowed by itself and by its model's.
   */
  allowedBy: readonly string[];
  parameters: Readonly<Record<string, unknown>>;
}

/** The models that one deployment knows. */
export interface Catalog {
  /** Finds what a client means by a name. Of names it does not know, it brings up those near it that are usable. */
  find(name: string, isUsable?: (listed: ListedModel) => boolean): Lookup;
  /** Every name that `find` finds: models first, then aliases. */
  list(): ListedModel[];
}

/** A catalogue of these providers. Where a model and an alias share a name, the model holds. */
export function createCatalog(entries: readonly CatalogEntry[]): Catalog {
  // A Map, as names come from outside: `__proto__/x` is a name like any other.
  const byName = new Map<string, ListedModel>();
  for (const { id, models, aliases } of entries) {
    for (const model of models) {
      const name = `${id}/${model.id}`;
      const others = aliases.filter((alias) => alias.model === model.id);
      const own = others.filter(({ isRoute }) => isRoute !== true).map((alias) => alias.name);
      byName.set(name, {
        ...{ name, provider: id, model, aliasOf: null, parameters: {} },
        aliases: others.map((alias) => alias.name),
        allowedBy: [name, ...own],
      });
    }
  }
  for (const { id, aliases } of entries) {
    for (const alias of aliases) {
      const target = byName.get(`${id}/${alias.model}`);
      if (target === undefined || byName.has(alias.name)) continue;
      const parameters = alias.parameters ?? {};
      const allowedBy = alias.isRoute === true ? [alias.name, ...target.allowedBy] : target.allowedBy;
      byName.set(alias.name, { ...target, name: alias.name, aliases: [], aliasOf: target.name, allowedBy, parameters });
    }
  }
  return {
    find(name, isUsable = () => true) {
      const listed = byName.get(name);
      if (listed === undefined) {
        const usable = [...byName.values()].filter(isUsable).map((each) => each.name);
        return { kind: 'unknown', nearest: nearestNames(name, usable) };
      }
      const { provider, model, parameters, allowedBy } = listed;
      return { kind: 'found', provider, model, parameters, requested: name, allowedBy };
    },
    list: () => [...byName.values()],
  };
}

/** The error for a name nobody knows. */
export function modelNotFound(name: string, nearest: readonly string[]): RouterError {
  const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  const advice =
    nearest.length > 0
      ? `Did you mean ${nearest.map((other) => `'${other}'`).join(' or ')}?`
      : "Model names are 'provider/model'.";
  return new RouterError(
    'model_not_found',
    `The model '${shown}' does not exist. ${advice} GET /api/v1/models lists the models this key may use.`,
    { param: 'model' },
  );
}
