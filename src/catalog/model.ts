/** Prices in USD per million tokens, as providers print them. */
export interface TokenPrices {
  /** Input that was not in the provider's cache. */
  input: number;
  /** Input read from the provider's cache. */
  cached: number;
  output: number;
  /** Input written to the provider's cache; where the provider does not bill it apart, leave it out: `input` holds. */
  cacheWrite?: number;
  /** The same for entries kept an hour, where the request asks for that and the provider bills it apart. */
  cacheWriteHour?: number;
}

/** Hours in which other prices hold. Hours are UTC, `to` is exclusive, 0 to 24. Weekdays: 0 is Sunday. */
export interface PriceBand {
  /** Joins the revision on the ledger row: `2026-11-15:peak`. */
  name: string;
  weekdays: readonly number[];
  hours: readonly { from: number; to: number }[];
  /** Days (YYYY-MM-DD in UTC) on which the band does not hold. */
  holidays: readonly string[];
  prices: TokenPrices;
}

/** The prices of a model from an instant on. */
export interface PriceTable extends TokenPrices {
  /** ISO date; the newest table that is not in the future holds, before all of them the first. */
  validFrom: string;
  /** Stored on every ledger row, so that a bill can be explained years later. */
  revision: string;
  bands?: readonly PriceBand[];
  /** USD a call of the provider's own tools, by the name that the provider reports the call under. */
  tools?: Readonly<Record<string, number>>;
}

export type Input = 'text' | 'image' | 'video' | 'audio' | 'file';

/** How a model's thinking can be steered. */
export type Thinking =
  | { kind: 'none' }
  | { kind: 'always'; efforts: readonly string[] }
  | { kind: 'switch'; default: 'on' | 'off'; efforts: readonly string[] };

/** What a model that makes embeddings takes. */
export interface Embedding {
  /** Most inputs of one request; null where nobody knows. */
  maxInputs: number | null;
  /** Lengths of vectors that may be asked for; null where any may. */
  dimensions: readonly number[] | null;
}

/** One model of one provider, as data. What is null is not known, and nothing is checked by it. */
export interface Model {
  /** The provider's own id, without the provider: `kimi-k3`. */
  id: string;
  contextLength: number | null;
  maxOutput: number | null;
  inputs: readonly Input[] | null;
  tools: boolean | null;
  /** Only on a model that makes embeddings, and no conversation. */
  embedding?: Embedding;
  thinking: Thinking | null;
  /** Whether `response_format` may hold a schema, or says no more than that JSON is wanted. */
  structured: 'schema' | 'object';
  /** True where the provider wants earlier `reasoning_content` back, or answers 400 (`protocols.md` A3). */
  wantsReasoning: boolean;
  prices: readonly PriceTable[];
  /** Unix seconds, for OpenAI's `created`. */
  created: number;
  /** What an operator should know, shown by `npm run models`: a date of retirement, say. */
  note?: string;
}

/** Another name of a model, with parameters that the name stands for. */
export interface Alias {
  /** `provider/name`, or a slash-free name. */
  name: string;
  /** The model's id within its provider. */
  model: string;
  /** Merged into the request, the client's own members first. */
  parameters?: Record<string, unknown>;
  /** Why it exists, shown by `npm run models`. */
  note?: string;
}
