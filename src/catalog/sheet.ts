import type * as z from 'zod/mini';
import { reasonOf } from './fields.ts';
import type { CatalogEntry } from './lookup.ts';
import type { Model } from './model.ts';
import { type CatalogTable, type Problem, type ProviderRow, rowName } from './rows.ts';

/* The sheet on which a catalogue is worked out: its rows, table after table, and what is wrong with them. */

/** A provider that has a file of its own. */
export interface BuiltIn extends CatalogEntry {
  name: string;
  /** The variable of its keys; null for one that needs none. */
  keyVariable: string | null;
  /** Where its keys may go. */
  baseUrls: readonly string[];
}

/** What has been found so far. */
export interface Work {
  builtIns: ReadonlyMap<string, BuiltIn>;
  problems: Problem[];
}

/** The rows of a table that have their form; of two with one name the later holds. */
export function parseRows<T extends z.ZodMiniType>(
  work: Work,
  table: CatalogTable,
  rows: readonly unknown[],
  schema: T,
) {
  return rows.flatMap((row): { name: string; row: z.output<T> }[] => {
    const name = rowName(table, row);
    const parsed = schema.safeParse(row);
    if (parsed.success) return [{ name, row: parsed.data }];
    work.problems.push({ table, name, reason: reasonOf(parsed.error) });
    return [];
  });
}

/** A model by what it is called, and whether a row hides it. */
export interface KnownModel {
  provider: string;
  model: Model;
  isActive: boolean;
  /** True for one that no provider's file has. */
  isAdded: boolean;
}

/** What the rows say, as far as they are right. */
export interface Sheet extends Work {
  providers: ReadonlyMap<string, ProviderRow>;
  models: ReadonlyMap<string, KnownModel>;
}
