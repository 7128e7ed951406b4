/** A JSON object whose members nobody has looked at yet. */
export interface JsonObject {
  [key: string]: unknown;
}

/** What a text says as JSON; undefined, which JSON cannot say, where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Tells an object from null, arrays and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
