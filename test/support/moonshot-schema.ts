import { isObject, type JsonObject } from '../../src/protocol/json.ts';

/*
 * What Moonshot's validator refuses, in our own words: the rules of https://github.com/MoonshotAI/walle at its level
 * lite (2026-06), and that a tool's root says that it is an object. Written apart from what puts schemas into the form.
 */

const TYPES = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'];
const TEXTS = ['description', 'title'];

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function fits(value: unknown, type: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

/** Moonshot stops at a number's type for what is no number: `null` is lost behind it. */
function checkEnum({ enum: values, type }: JsonObject): string | null {
  if (!Array.isArray(values)) return 'enum must be an array';
  if (values.length === 0) return 'enum array cannot be empty';
  if (type === undefined) return 'type is not defined';
  const types = listOf(type);
  const others = types.filter((name) => name !== 'null');
  if (types.length > 2 || (types.length === 2 && others.length !== 1)) return 'enum with several types';
  if (types.length === 2 && (others[0] === 'object' || others[0] === 'array')) return 'enum with an object and null';
  for (const value of values) {
    const found = types.findIndex((name) => fits(value, name));
    if (found < 0) return `enum value ${JSON.stringify(value)} does not match any type in ${JSON.stringify(types)}`;
    if (types.slice(0, found).some((name) => name === 'integer' || name === 'number')) return 'not a valid number';
  }
  return null;
}

function checkType({ type }: JsonObject): string | null {
  const types = listOf(type);
  if (types.length === 0) return 'type array cannot be empty';
  return types.every((name) => TYPES.some((type) => type === name)) ? null : 'invalid type';
}

function checkRequired({ required, properties }: JsonObject): string | null {
  if (!Array.isArray(required)) return 'required must be an array';
  const missing = required.find((name) => !isObject(properties) || !Object.hasOwn(properties, name));
  return missing === undefined ? null : `required property ${String(missing)} is not defined in properties`;
}

function checkProperties({ properties }: JsonObject): string | null {
  if (!isObject(properties)) return 'properties must be an object';
  return Object.values(properties).every(isObject) ? null : 'property schema must be an object';
}

function checkDefs({ $defs }: JsonObject): string | null {
  if (!isObject($defs)) return '$defs must be an object';
  if (Object.keys($defs).some((name) => name === '' || name.includes('/'))) return 'bad name in $defs';
  return Object.values($defs).every(isObject) ? null : '$defs schema must be an object';
}

function rivals(outer: JsonObject, keyword: string, inner: JsonObject): string[] {
  return Object.keys(inner).filter((name) => name !== keyword && !TEXTS.includes(name) && Object.hasOwn(outer, name));
}

function checkAnyOf(schema: JsonObject): string | null {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf) || anyOf.length === 0 || !anyOf.every(isObject)) return 'anyOf must have 1-500 schemas';
  if (schema['type'] !== undefined) return 'when using anyOf, type should be defined in anyOf items';
  const twice = anyOf.flatMap((branch) => rivals(schema, 'anyOf', branch));
  return twice.length === 0 ? null : `conflicting keywords found in anyOf with parent: ${twice.join()}`;
}

function resolve(root: JsonObject, reference: string): JsonObject | null {
  if (reference === '#') return root;
  let found: unknown = root;
  for (const step of reference.slice(2).split('/')) found = isObject(found) ? found[step] : undefined;
  return isObject(found) ? found : null;
}

/** What a reference stands for, past those that are nothing else. */
function expand(root: JsonObject, reference: string): JsonObject | null {
  const seen = new Set<unknown>();
  let target = resolve(root, reference);
  while (target !== null && typeof target['$ref'] === 'string' && !seen.has(target)) {
    if (Object.keys(target).some((name) => name !== '$ref' && !TEXTS.includes(name))) break;
    seen.add(target);
    target = resolve(root, target['$ref']);
  }
  return target;
}

function checkRef(schema: JsonObject, root: JsonObject): string | null {
  const { $ref: reference } = schema;
  if (typeof reference !== 'string') return '$ref must be a string';
  if (schema['type'] !== undefined) return 'when using $ref, type should be defined in the referenced schema';
  if (reference !== '#' && !reference.startsWith('#/$defs/')) return 'references must start with #/$defs/';
  const target = expand(root, reference);
  if (target === null) return `invalid $ref path: ${reference}`;
  const branches = Array.isArray(target['anyOf']) ? target['anyOf'].filter(isObject) : [];
  const twice = [target, ...branches].flatMap((each) => rivals(schema, '$ref', each));
  if (twice.length > 0) return `conflicting keywords found after $ref expansion: ${twice.join()}`;
  return schema['anyOf'] !== undefined && target['type'] !== undefined ? 'invalid schema after $ref expansion' : null;
}

const CHECKS: [string, (schema: JsonObject, root: JsonObject) => string | null][] = [
  ['$defs', checkDefs],
  ['type', checkType],
  ['$ref', checkRef],
  ['enum', checkEnum],
  ['required', checkRequired],
  ['properties', checkProperties],
  ['items', ({ items }) => (isObject(items) ? null : 'items must be an object')],
  ['anyOf', checkAnyOf],
  ['description', ({ description }) => (typeof description === 'string' ? null : 'description must be a string')],
  ['pattern', ({ pattern }) => (pattern === null || typeof pattern === 'string' ? null : 'pattern must be a string')],
  ['$id', ({ $id }) => ($id === null || typeof $id === 'string' ? null : '$id must be a string')],
  [
    'additionalProperties',
    ({ additionalProperties: others }) =>
      isObject(others) || typeof others === 'boolean' ? null : 'additionalProperties must be a boolean or an object',
  ],
];

function childrenOf(schema: JsonObject): [string, unknown][] {
  const { $defs, properties, anyOf, items, additionalProperties } = schema;
  return [
    ...Object.entries(isObject($defs) ? $defs : {}).map(([name, each]): [string, unknown] => [`$defs.${name}`, each]),
    ...Object.entries(isObject(properties) ? properties : {}).map(([name, each]): [string, unknown] => [name, each]),
    ...(Array.isArray(anyOf) ? anyOf.map((each, at): [string, unknown] => [`anyOf{${at}}`, each]) : []),
    ['items', items],
    ['additionalProperties', additionalProperties],
  ];
}

function complaint(schema: unknown, root: JsonObject, path: string): string | null {
  if (!isObject(schema)) return null;
  for (const [keyword, check] of CHECKS) {
    const wrong = Object.hasOwn(schema, keyword) ? check(schema, root) : null;
    if (wrong !== null) return `At path '${path}': ${wrong}`;
  }
  for (const [name, child] of childrenOf(schema)) {
    const wrong = complaint(child, root, `${path}.${name}`);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** Why Moonshot refuses a schema; null where it takes it. */
export function schemaComplaint(schema: unknown): string | null {
  return isObject(schema) ? complaint(schema, schema, 'root') : 'schema must be an object';
}

/** The same for a tool's parameters. */
export function parametersComplaint(schema: unknown): string | null {
  const isTyped = isObject(schema) && schema['type'] === 'object';
  return isTyped ? schemaComplaint(schema) : 'tools.function.parameters.type is required and must be "object"';
}
