import type { JsonObject } from './json.ts';

/* Numbers that JavaScript cannot count lose digits when JSON is read and printed anew. Here they keep them. */

// Numbers of so many digits may be larger than JavaScript can count: ids of 64 bits, above all.
const LONG = /\d{16}/;
const LONG_OR_LARGE = /\d{16}|\de\+?\d{3}/i;

// Part of the language since 2025, and not yet of TypeScript's library: https://github.com/tc39/proposal-json-parse-with-source
interface SourceJson {
  parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): JsonObject;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
}

const sourceJson = JSON as unknown as SourceJson; // the runtime has all three

/**
 * A number is judged by its own digits alone, so that the same one prints the same in every turn of a conversation.
 * One that is larger than any would print as null.
 */
function keepSource(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined) return value;
  return LONG.test(source) || !Number.isFinite(value) ? sourceJson.rawJSON(source) : value;
}

/** Longer bodies are not read again: it costs a multiple, and others wait meanwhile. */
const LONGEST_BODY = 1_048_576;

/** A document, with what was seen of its numbers. */
interface Readable {
  bytes: Uint8Array;
  hasLongNumbers: boolean;
  value: JsonObject;
}

/** A document's object in which long numbers print as they were written. Most bodies have none, and are not read again. */
export function withExactNumbers({ bytes, hasLongNumbers, value }: Readable): JsonObject {
  return hasLongNumbers && bytes.length <= LONGEST_BODY
    ? sourceJson.parse(new TextDecoder().decode(bytes), keepSource)
    : value;
}

/** The same for one member. */
const LONGEST = 262_144;
/** Members that hold schemas, of any dialect; the bounds of int64 stand in many. */
const WITH_SCHEMAS = ['tools', 'functions', 'response_format', 'text', 'output_config', 'output_format'];

/** Reads the members of a body that hold schemas again, where a number in them would not print as it was written. */
export function keepSchemaNumbers(body: JsonObject, textOf: (name: string) => string | null): void {
  for (const name of WITH_SCHEMAS) {
    const text = typeof body[name] === 'object' ? textOf(name) : null;
    if (text === null || text.length > LONGEST || !LONG_OR_LARGE.test(text)) continue;
    body[name] = sourceJson.parse(text, keepSource);
  }
}

/** The text of a number that is kept as it was written; null for any other value. */
export function exactNumber(value: unknown): string | null {
  return typeof value === 'object' && value !== null && sourceJson.isRawJSON(value) ? JSON.stringify(value) : null;
}
