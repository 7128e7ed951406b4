import type { JsonObject } from './json.ts';
import type { JsonDocument } from './json-document.ts';

// Numbers of so many digits may be larger than JavaScript can count: ids of 64 bits, above all.
const LONG = /\d{16}/;

// Part of the language since 2025, and not yet of TypeScript's library: https://github.com/tc39/proposal-json-parse-with-source
interface SourceJson {
  parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): JsonObject;
  rawJSON(text: string): unknown;
}

const sourceJson = JSON as unknown as SourceJson; // the runtime has both

/**
 * A document's object in which long numbers print as they were written. A number is judged by its own digits alone, so
 * that the same one prints the same in every turn of a conversation. Most bodies have none, and are not read again.
 */
export function withExactNumbers({ text, value }: JsonDocument): JsonObject {
  if (!LONG.test(text)) return value;
  return sourceJson.parse(text, (_key, each, { source }) =>
    typeof each === 'number' && source !== undefined && LONG.test(source) ? sourceJson.rawJSON(source) : each,
  );
}
