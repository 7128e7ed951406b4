import { isObject, type JsonObject, parseJson } from './json.ts';

/** What a provider is asked for. */
export interface EmbeddingRequest {
  model: string;
  input: readonly string[];
  dimensions?: number;
}

/** What a provider's answer turned out to be. */
export type EmbeddingBody =
  | { kind: 'vectors'; vectors: number[][]; usage: unknown }
  | { kind: 'error'; body: JsonObject }
  | { kind: 'garbage' };

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number');
}

/** Reads an answer to `count` inputs; one with another number of vectors is none. They are sorted by their `index`. */
export function readEmbeddings(text: string, count: number): EmbeddingBody {
  const value = parseJson(text);
  if (!isObject(value)) return { kind: 'garbage' };
  const { data, usage } = value;
  if (!Array.isArray(data)) return { kind: 'error', body: value };
  const vectors: number[][] = [];
  for (const [position, each] of data.entries()) {
    if (!isObject(each) || !isVector(each['embedding'])) return { kind: 'garbage' };
    vectors[typeof each['index'] === 'number' ? each['index'] : position] = each['embedding'];
  }
  const isWhole = vectors.length === count && Object.keys(vectors).length === count;
  return isWhole ? { kind: 'vectors', vectors, usage } : { kind: 'garbage' };
}
