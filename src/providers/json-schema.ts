import { isObject, type JsonObject } from '../protocol/json.ts';

/* Where a JSON Schema holds schemas. All else in it is data, or somebody's own. */

const SINGLE: ReadonlySet<string> = new Set([
  ...['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'],
  ...['unevaluatedItems', 'unevaluatedProperties', 'additionalItems'],
]);
const LISTED: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items']);
const NAMED: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies'],
]);

/** The schemas that stand directly in a schema. */
export function innerSchemas(schema: JsonObject): JsonObject[] {
  const schemas: JsonObject[] = [];
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword];
    if (Array.isArray(value)) {
      if (LISTED.has(keyword)) schemas.push(...value.filter(isObject));
    } else if (isObject(value)) {
      if (SINGLE.has(keyword)) schemas.push(value);
      else if (NAMED.has(keyword)) schemas.push(...Object.values(value).filter(isObject));
    }
  }
  return schemas;
}

/** What becomes of a schema inside another; `keyword` and `name` say where it stands. */
type MapSchema = (schema: JsonObject, keyword: string, name: string | null) => JsonObject;

// These run for every schema of every tool: nothing is copied before something has changed.

function mapList(list: readonly unknown[], keyword: string, map: MapSchema): readonly unknown[] {
  let mapped: unknown[] | null = null;
  for (let position = 0; position < list.length; position += 1) {
    const schema = list[position];
    if (!isObject(schema)) continue;
    const result = map(schema, keyword, String(position));
    if (result === schema) continue;
    mapped ??= [...list];
    mapped[position] = result;
  }
  return mapped ?? list;
}

function mapNamed(schemas: JsonObject, keyword: string, map: MapSchema): JsonObject {
  let changed: Map<string, JsonObject> | null = null;
  for (const name of Object.keys(schemas)) {
    const schema = schemas[name];
    if (!isObject(schema)) continue;
    const result = map(schema, keyword, name);
    if (result !== schema) changed = (changed ?? new Map<string, JsonObject>()).set(name, result);
  }
  if (changed === null) return schemas;
  return Object.fromEntries(Object.keys(schemas).map((name) => [name, changed.get(name) ?? schemas[name]]));
}

/** Maps the schemas that stand directly in a schema. The very same object comes back where none changed. */
export function mapSchemas(schema: JsonObject, map: MapSchema): JsonObject {
  let mapped = schema;
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword];
    if (typeof value !== 'object' || value === null) continue;
    let result: unknown = value;
    if (Array.isArray(value)) result = LISTED.has(keyword) ? mapList(value, keyword, map) : value;
    else if (!isObject(value)) continue;
    else if (SINGLE.has(keyword)) result = map(value, keyword, null);
    else if (NAMED.has(keyword)) result = mapNamed(value, keyword, map);
    if (result !== value) mapped = { ...mapped, [keyword]: result };
  }
  return mapped;
}

/** A schema without some of its keywords. */
export function without(schema: JsonObject, ...keywords: string[]): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
}

/** Moves a keyword under `allOf`, where it says the same: all that stands beside it holds too. */
export function nest(schema: JsonObject, keyword: string): JsonObject {
  const { [keyword]: moved, allOf } = schema;
  const others: unknown[] = Array.isArray(allOf) ? allOf : [];
  return { ...without(schema, keyword), allOf: [...others, { [keyword]: moved }] };
}

/** Whether two JSON values are the same but for the order of members. Costs no more than the smaller one has parts. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((each, at) => isSame(each, other[at]));
  }
  if (!isObject(one) || !isObject(other)) return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]))
  );
}
