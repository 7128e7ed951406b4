import type * as z from 'zod/mini';
import type { Thinking } from '../../catalog/model.ts';
import type { rulesSchema } from '../../catalog/rules.ts';

/** Where a fact was found, and when the page was read: others may have come since. */
export interface Source {
  says: string;
  page: string;
  /** YYYY-MM-DD. */
  day: string;
}

/** USD a million tokens; what is left out is not known, or not billed apart. */
interface PresetPrice {
  input: number;
  cached?: number;
  output?: number;
  cache_write?: number;
}

/** A model by the columns of its row. What is left out is not known. */
export interface PresetModel {
  id: string;
  kind?: 'embedding';
  context_length?: number;
  max_output?: number;
  inputs?: string;
  tools?: boolean;
  thinking?: Thinking;
  wants_reasoning?: boolean;
  note?: string;
  /** Only where a source was found. */
  price?: PresetPrice;
}

/** A provider as data: what `providers -- add ID --preset P` writes into the catalogue. */
export interface Preset {
  /** Its name, and the provider's id unless it is given another. */
  id: string;
  name: string;
  base_url: string;
  key_variable: string;
  rules: z.input<typeof rulesSchema>;
  models: readonly PresetModel[];
  /** From when its prices hold, as far as is known. YYYY-MM-DD. */
  valid_from: string;
  sources: readonly Source[];
  /** What could not be checked without an account there. */
  unchecked: readonly string[];
}

/** The day on which the figures of https://models.dev were read. */
const MODELS_DEV_DAY = '2026-07-02';

/** Models and prices of a provider as https://models.dev has them, which names the provider's own pages. */
export function fromModelsDev(page: string): Source {
  return { says: `models and prices, by models.dev after ${page}`, page: 'https://models.dev', day: MODELS_DEV_DAY };
}

/** The price that a provider asks up to a size of prompt; beyond it there is another, which the catalogue cannot tell. */
export function upTo(tokens: number): Pick<PresetModel, 'context_length' | 'note'> {
  return { context_length: tokens, note: `it takes more, at another price: this one holds up to ${tokens} tokens` };
}
