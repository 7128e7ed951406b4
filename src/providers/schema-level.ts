import type { JsonObject } from '../protocol/json.ts';
import { isSame, nest, without } from './json-schema.ts';
import { allowsNone, isWithin, settleEnum, typesOf } from './schema-enum.ts';
import { type Fail, tidyKeywords } from './schema-keywords.ts';
import type { Lead, References } from './schema-references.ts';

/* One level of a schema: what may stand beside what. */

const MOST_KEYWORDS = 200;

/** The work on one schema. */
export interface SchemaWork {
  /** Null where it has none. */
  readonly references: References | null;
  /** Levels that are done, so that each is looked at once however often it is asked for. */
  readonly settled: Map<JsonObject, JsonObject>;
  /** What may not stand beside references to them. */
  readonly taken: Map<JsonObject, ReadonlySet<string>>;
  /** Levels that are being looked at. */
  readonly open: Set<JsonObject>;
  readonly fail: Fail;
}

/** What may stand beside `anyOf` and `$ref` whatever else does. */
const TEXTS: ReadonlySet<string> = new Set(['description', 'title']);

/** The keywords beside one. */
function beside(schema: JsonObject, keyword: string): string[] {
  return Object.keys(schema).filter((name) => name !== keyword && !TEXTS.has(name));
}

/** Where a reference leads; the end of the work where it leads nowhere. */
export function leadOf(reference: string, { references, fail }: SchemaWork): Lead {
  return references?.lead(reference) ?? fail('$ref', `'${reference.slice(0, 200)}' leads to no schema in it`);
}

/**
 * What a reference stands for, past schemas that are no more than references themselves. Null where it leads back to
 * what is being looked at: then nobody can say yet.
 */
export function targetOf(reference: string, work: SchemaWork): JsonObject | null {
  const seen = new Set<JsonObject>();
  let target = leadOf(reference, work).schema;
  while (!work.open.has(target) && !seen.has(target)) {
    seen.add(target);
    const { $ref: next, ...own } = settleLevel(target, work);
    if (typeof next !== 'string' || beside(own, '$ref').length > 0) return target;
    target = leadOf(next, work).schema;
  }
  return null;
}

/** Keywords that mean nothing without those beside them. */
const CONTEXTUAL: ReadonlySet<string> = new Set([
  ...['properties', 'additionalProperties', 'unevaluatedProperties', 'items', 'additionalItems', 'unevaluatedItems'],
  ...['contains', 'minContains', 'maxContains', 'if', 'then', 'else'],
]);

/** True where the schema says what its target says of this keyword, or less. */
function isSaidBy(target: JsonObject, schema: JsonObject, keyword: string): boolean {
  if (CONTEXTUAL.has(keyword)) return false;
  if (isSame(schema[keyword], target[keyword])) return true;
  const types = keyword === 'type' ? typesOf(target) : null;
  return types?.every((type) => isWithin(type, typesOf(schema) ?? [])) ?? false;
}

/** What may not stand beside a reference to this schema. */
function takenBy(target: JsonObject, work: SchemaWork): ReadonlySet<string> {
  const known = work.taken.get(target);
  if (known !== undefined) return known;
  const branches: JsonObject[] = Array.isArray(target['anyOf']) ? target['anyOf'] : [];
  const taken = new Set(['type', 'anyOf', ...Object.keys(target)]);
  for (const branch of branches) for (const name of Object.keys(settleLevel(branch, work))) taken.add(name);
  work.taken.set(target, taken);
  return taken;
}

/** A reference with nothing beside it that its target has too: what the target says by itself is not said again. */
function settleReference(schema: JsonObject, work: SchemaWork): JsonObject {
  const { $ref: reference } = schema;
  const others = typeof reference === 'string' ? beside(schema, '$ref') : [];
  if (typeof reference !== 'string' || others.length === 0) return schema;
  const raw = targetOf(reference, work);
  if (raw === null) return nest(schema, '$ref');
  const target = settleLevel(raw, work);
  const taken = takenBy(target, work);
  const rivals = others.filter((name) => taken.has(name));
  if (rivals.length === 0) return schema;
  return rivals.every((name) => isSaidBy(target, schema, name)) ? without(schema, ...rivals) : nest(schema, '$ref');
}

/** A branch of what is of these types; null where none fits, undefined where that cannot be said of it. */
function typedBranch(raw: JsonObject, type: unknown, work: SchemaWork): JsonObject | null | undefined {
  const branch = tidyKeywords(raw, work.fail);
  const { $ref: reference } = branch;
  const types = typesOf({ type }) ?? [];
  const target = typeof reference === 'string' ? targetOf(reference, work) : branch;
  const own = target === null ? null : typesOf(target === branch ? branch : settleLevel(target, work));
  if (own?.every((name) => isWithin(name, types))) return branch;
  if (typeof reference === 'string') return undefined;
  if (own === null) return allowsNone(branch, types) ? null : { type, ...branch };
  const both = [...own.filter((name) => isWithin(name, types)), ...types.filter((name) => isWithin(name, own))];
  const [first, ...more] = new Set(both);
  return first === undefined ? null : { ...branch, type: more.length === 0 ? first : [first, ...more] };
}

/** The type beside `anyOf` moves into the branches, and those that cannot be of it go; null where that cannot be done. */
function moveType(schema: JsonObject, branches: readonly JsonObject[], work: SchemaWork): JsonObject | null {
  const { type } = schema;
  if (type === undefined) return schema;
  const typed = branches.map((branch) => typedBranch(branch, type, work)).filter((branch) => branch !== null);
  return typed.length === 0 || typed.includes(undefined) ? null : { ...without(schema, 'type'), anyOf: typed };
}

/** A union with nothing beside it that one of its branches has too. */
function settleUnion(schema: JsonObject, work: SchemaWork): JsonObject {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const moved = moveType(schema, anyOf, work);
  if (moved === null) return nest(schema, 'anyOf');
  const others = new Set(beside(moved, 'anyOf'));
  const branches: JsonObject[] = Array.isArray(moved['anyOf']) ? moved['anyOf'] : [];
  const isRivalled = branches.some((branch) => Object.keys(settleLevel(branch, work)).some((name) => others.has(name)));
  return isRivalled ? nest(schema, 'anyOf') : moved;
}

function settle(schema: JsonObject, work: SchemaWork): JsonObject {
  // No schema has as many keywords; each change copies them.
  if (Object.keys(schema).length > MOST_KEYWORDS) return schema;
  let own = tidyKeywords(schema, work.fail);
  if (typeof own['$ref'] === 'string') leadOf(own['$ref'], work);
  // Values need their type beside them, which neither of these may have.
  for (const rival of own['enum'] === undefined ? [] : ['$ref', 'anyOf']) {
    if (own[rival] !== undefined) own = nest(own, rival);
  }
  return settleUnion(settleEnum(settleReference(own, work)), work);
}

/** One level of a schema in the form that Moonshot takes. What stands in the schemas inside of it is left. */
export function settleLevel(schema: JsonObject, work: SchemaWork): JsonObject {
  // Most schemas are plain, and cost less than being remembered.
  if (work.references === null && schema['anyOf'] === undefined) return settle(schema, work);
  const known = work.settled.get(schema);
  if (known !== undefined) return known;
  work.open.add(schema);
  const own = settle(schema, work);
  work.open.delete(schema);
  work.settled.set(schema, own);
  return own;
}
