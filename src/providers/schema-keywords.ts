import { isObject, type JsonObject } from '../protocol/json.ts';
import { without } from './json-schema.ts';
import { asSchema } from './schema-references.ts';

/*
 * Single keywords of a JSON Schema in the form that Moonshot's validator takes, saying the same. A value that says
 * nothing in JSON Schema (null, a text where a list is due) is left out: the validator refuses it, all else ignores it.
 */

/** Ends the work on a schema that cannot be put into the form. */
export type Fail = (keyword: string, problem: string) => never;

const TYPES: ReadonlySet<string> = new Set(['null', 'boolean', 'object', 'array', 'number', 'integer', 'string']);

/** Google's dialect writes types in capitals, and draft 3 had one for anything. */
function tidyType(value: unknown, fail: Fail): unknown {
  if (value === null) return undefined;
  const given: unknown[] = Array.isArray(value) ? value : [value];
  const names = given.map((name) => (typeof name === 'string' ? name.toLowerCase() : ''));
  if (names.length === 0 || names.includes('any')) return undefined;
  const unknown = names.findIndex((name) => !TYPES.has(name));
  if (unknown >= 0) return fail('type', `there is no type ${JSON.stringify(given[unknown]).slice(0, 100)}`);
  if (names.every((name, position) => name === given[position])) return value;
  return Array.isArray(value) ? names : names[0];
}

function keepText(value: unknown): unknown {
  return typeof value === 'string' ? value : undefined;
}

function keepTextOrNull(value: unknown): unknown {
  return value === null ? value : keepText(value);
}

function keepFilled(value: unknown): unknown {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

function tidyRequired(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined;
  const names = value.filter((name) => typeof name === 'string');
  return names.length === value.length ? value : names;
}

/** Schemas by name, each an object. What is no schema says nothing. */
function tidyNamed(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const schemas = Object.entries(value);
  if (schemas.every(([, schema]) => isObject(schema))) return value;
  return Object.fromEntries(schemas.map(([name, schema]) => [name, asSchema(schema) ?? {}]));
}

/** The branches that something can satisfy, each an object. */
function tidyBranches(value: unknown): unknown {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (value.every(isObject)) return value;
  return value.filter((branch) => branch !== false).map((branch) => asSchema(branch) ?? {});
}

const TIDY: ReadonlyMap<string, (value: unknown, fail: Fail) => unknown> = new Map([
  ['type', tidyType],
  ['description', keepText],
  ['$id', keepTextOrNull],
  ['pattern', keepTextOrNull],
  ['$ref', keepText],
  ['enum', keepFilled],
  ['required', tidyRequired],
  ['properties', tidyNamed],
  ['$defs', tidyNamed],
  ['anyOf', tidyBranches],
  ['additionalProperties', (value: unknown) => (typeof value === 'boolean' || isObject(value) ? value : undefined)],
]);

function tidyEach(schema: JsonObject, fail: Fail): JsonObject {
  let tidied = schema;
  for (const keyword of Object.keys(schema)) {
    const tidy = TIDY.get(keyword);
    const value = tidy === undefined ? schema[keyword] : tidy(schema[keyword], fail);
    if (value === schema[keyword]) continue;
    tidied = value === undefined ? without(tidied, keyword) : { ...tidied, [keyword]: value };
  }
  return tidied;
}

/** With one more schema under `allOf`. */
function alsoHolds(schema: JsonObject, condition: JsonObject): JsonObject {
  const others: unknown[] = Array.isArray(schema['allOf']) ? schema['allOf'] : [];
  return { ...schema, allOf: [...others, condition] };
}

/** `items: false`, or none beyond a tuple, is a longest length. */
function closeAfter(schema: JsonObject, length: number): JsonObject {
  const { maxItems } = schema;
  return typeof maxItems === 'number' && maxItems <= length ? schema : { ...schema, maxItems: length };
}

/** `items` is one schema. A tuple is `prefixItems`, with what drafts up to 2019 said of the rest in `items`. */
function tidyItems(schema: JsonObject): JsonObject {
  const { items, prefixItems } = schema;
  if (items === undefined || isObject(items)) return schema;
  const rest = without(schema, 'items');
  if (items === false) return closeAfter(rest, Array.isArray(prefixItems) ? prefixItems.length : 0);
  if (!Array.isArray(items) || prefixItems !== undefined) return rest;
  const { additionalItems: others } = schema;
  const tuple = without(items.length === 0 ? rest : { ...rest, prefixItems: items }, 'additionalItems');
  if (others === false) return closeAfter(tuple, items.length);
  return isObject(others) ? { ...tuple, items: others } : tuple;
}

/** Each name in `required` stands in `properties` too, there as what it would be without. */
function declareRequired(schema: JsonObject): JsonObject {
  const { required, properties, patternProperties, additionalProperties: others } = schema;
  if (!Array.isArray(required)) return schema;
  const known = isObject(properties) ? properties : {};
  const missing = new Set<string>(required.filter((name) => !Object.hasOwn(known, name)));
  if (missing.size === 0) return schema;
  const isOpen = others === undefined || others === true;
  if ((patternProperties !== undefined && !isOpen) || schema['unevaluatedProperties'] !== undefined) {
    // Declared, a property would no longer be an additional one, or one that nobody has looked at.
    const declared = required.filter((name) => !missing.has(name));
    return alsoHolds({ ...schema, required: declared }, { required: [...missing] });
  }
  const declared = [...missing].map((name) => [name, asSchema(others) ?? {}]);
  return { ...schema, properties: Object.fromEntries([...Object.entries(known), ...declared]) };
}

/** The keywords of a schema one by one; what stands in the schemas inside of it is left. */
export function tidyKeywords(schema: JsonObject, fail: Fail): JsonObject {
  const tidied = declareRequired(tidyItems(tidyEach(schema, fail)));
  const { anyOf } = tidied;
  // All its branches were `false`.
  const isNever = Array.isArray(anyOf) && anyOf.length === 0;
  return isNever ? alsoHolds(without(tidied, 'anyOf'), { not: {} }) : tidied;
}
