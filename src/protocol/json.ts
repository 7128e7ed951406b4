/** A JSON object whose members nobody has looked at yet. */
export interface JsonObject {
  [key: string]: unknown;
}

/** Tells an object from null, arrays and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
