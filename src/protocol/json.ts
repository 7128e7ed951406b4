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

/** An object without a member; the very same object where it has none of that name. */
export function without(value: JsonObject, name: string): JsonObject {
  if (!Object.hasOwn(value, name)) return value;
  const { [name]: _dropped, ...rest } = value;
  return rest;
}

/** Maps a list; the very same list comes back where no element changed. A body may hold millions, and few of them change. */
export function mapList<T>(list: readonly T[], map: (element: T, position: number) => T): readonly T[] {
  let mapped: T[] | null = null;
  let position = 0;
  for (const element of list) {
    const next = map(element, position);
    if (mapped === null && next !== element) mapped = list.slice(0, position);
    mapped?.push(next);
    position += 1;
  }
  return mapped ?? list;
}

/** Tells an object from null, arrays and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
