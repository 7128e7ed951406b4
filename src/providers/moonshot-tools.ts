import { isObject, type JsonObject } from '../protocol/json.ts';

/*
 * Moonshot checks tool schemas with a validator of its own, stricter than JSON Schema: a property needs a `type`,
 * a `type` may not stand beside `anyOf`, a tuple is `prefixItems`, the root is an object. "At path 'properties.x':
 * type is not defined"; https://github.com/vercel/ai, packages/moonshotai, normalize-json-schema-for-mfjs (2026-10-23).
 */

const OF_TYPED_SCHEMAS = new Set(['properties', '$defs', 'definitions', 'anyOf', 'oneOf', 'prefixItems', 'items']);
const OF_SCHEMAS = new Set(['patternProperties', 'allOf', 'additionalProperties', 'not', 'contains']);
/** Members that say what a value is without `type`. */
const SAYS_TYPE = ['type', 'anyOf', 'oneOf', 'allOf', '$ref', 'not'];

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function inferType(schema: JsonObject): string {
  if (schema['properties'] !== undefined || schema['required'] !== undefined) return 'object';
  if (schema['items'] !== undefined || schema['prefixItems'] !== undefined) return 'array';
  if (schema['const'] !== undefined) return typeOf(schema['const']);
  const [first]: unknown[] = Array.isArray(schema['enum']) ? schema['enum'] : [];
  return first === undefined || first === null ? 'string' : typeOf(first);
}

/** Maps the values of an object or array; the same object comes back where none changed. */
function mapValues(holder: unknown, map: (value: unknown) => unknown): unknown {
  if (Array.isArray(holder)) {
    const values: unknown[] = holder;
    const mapped = values.map(map);
    return mapped.some((value, index) => value !== values[index]) ? mapped : holder;
  }
  if (!isObject(holder)) return holder;
  const entries = Object.entries(holder).map(([name, value]) => [name, map(value), value] as const);
  return entries.some(([, mapped, value]) => mapped !== value)
    ? Object.fromEntries(entries.map(([name, mapped]) => [name, mapped]))
    : holder;
}

function mendMember(name: string, value: unknown): unknown {
  const typed = OF_TYPED_SCHEMAS.has(name);
  if (!typed && !OF_SCHEMAS.has(name)) return value;
  const isOneSchema = ['items', 'additionalProperties', 'not', 'contains'].includes(name) && !Array.isArray(value);
  return isOneSchema ? mendSchema(value, typed) : mapValues(value, (schema) => mendSchema(schema, typed));
}

function mendMembers(schema: JsonObject): JsonObject {
  let mended = schema;
  for (const [name, value] of Object.entries(schema)) {
    const member = mendMember(name, value);
    if (member !== value) mended = { ...mended, [name]: member };
  }
  return mended;
}

function mendTuple(schema: JsonObject): JsonObject {
  if (!Array.isArray(schema['items'])) return schema;
  const { items, ...rest } = schema;
  return { ...rest, prefixItems: items };
}

/** `{type, anyOf}` becomes `{anyOf}` with the type in each branch that has none. */
function mendUnion(schema: JsonObject): JsonObject {
  const { type, ...rest } = schema;
  if (typeof type !== 'string' || !Array.isArray(schema['anyOf'])) return schema;
  const branches = mapValues(schema['anyOf'], (branch) =>
    isObject(branch) && SAYS_TYPE.every((name) => branch[name] === undefined) ? { type, ...branch } : branch,
  );
  return { ...rest, anyOf: branches };
}

function mendSchema(schema: unknown, needsType: boolean): unknown {
  if (!isObject(schema)) return schema;
  const mended = mendTuple(mendMembers(mendUnion(schema)));
  const isTyped = SAYS_TYPE.some((name) => mended[name] !== undefined);
  return isTyped || !needsType ? mended : { ...mended, type: inferType(mended) };
}

function mendTool(tool: unknown): unknown {
  if (!isObject(tool) || !isObject(tool['function']) || !isObject(tool['function']['parameters'])) return tool;
  const { parameters } = tool['function'];
  // The root keeps its type beside a union, and is an object even where it does not say so.
  const members = mendMembers(parameters);
  const root = members['type'] === undefined ? { type: 'object', ...members } : members;
  return root === parameters ? tool : { ...tool, function: { ...tool['function'], parameters: root } };
}

/** A request's tools as Moonshot takes them; the very same array where nothing is amiss. */
export function mendTools(tools: unknown): unknown {
  return Array.isArray(tools) ? mapValues(tools, mendTool) : tools;
}
