import { RouterError } from '../protocol/errors.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { isSame, mapSchemas, nest, without } from './json-schema.ts';
import { settleEnum, typesOf } from './schema-enum.ts';
import { tidyKeywords } from './schema-keywords.ts';
import { leadOf, type SchemaWork, settleLevel, targetOf } from './schema-level.ts';
import { type Lead, readReferences } from './schema-references.ts';

/*
 * JSON Schemas as Moonshot's validator takes them ("moonshot flavored", https://github.com/MoonshotAI/walle at its level
 * lite, 2026-06), saying the same. Tools travel with every request, so one that it refuses ends a chat.
 * It looks into `properties`, `$defs`, `items`, `additionalProperties` and `anyOf`, and nowhere else. So what may not
 * stand beside another keyword (`type` or a keyword of a branch beside `anyOf`, `type` or a keyword of the target beside
 * `$ref`) moves under `allOf`, which says the same and repeats nothing. Somebody has tried that on the API:
 * https://github.com/wecode-ai/Wegent/pull/2445 (2026-08-06).
 */

/** Whose schema it is, for whoever has to correct it. */
export interface SchemaOwner {
  /** Begins a sentence: "The schema of the tool 'x'". */
  name: string;
  param: string;
}

/** Where the validator looks. */
const CHECKED: ReadonlySet<string> = new Set(['properties', '$defs', 'items', 'additionalProperties', 'anyOf']);
/** What a schema says as a document of its own. */
const DOCUMENT = ['$id', '$anchor', '$schema', '$defs', 'definitions', 'components'];
/** What it says for people. */
const NOTES = ['title', 'description', '$comment', 'default', 'examples'];

interface Mending extends SchemaWork {
  readonly root: JsonObject;
  /** Where the work stands: for each level the name, or nothing, and the keyword. */
  readonly path: string[];
  /** Definitions that the root says itself, and nobody else refers to. */
  readonly inlined: Set<unknown>;
  /** Schemas that the validator does not see, done. */
  readonly passed: Map<JsonObject, JsonObject>;
}

function hasReference(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasReference);
  for (const name of Object.keys(value)) {
    if (name === '$ref' || name === '$defs' || hasReference(Reflect.get(value, name))) return true;
  }
  return false;
}

function open(root: JsonObject, owner: SchemaOwner): Mending {
  const path: string[] = [];
  return {
    root,
    path,
    references: hasReference(root) ? readReferences(root) : null,
    settled: new Map(),
    open: new Set(),
    taken: new Map(),
    passed: new Map(),
    inlined: new Set(),
    fail(keyword, problem) {
      const steps = path.map((_, at) => path[at % 2 === 0 ? at + 1 : at - 1]);
      const where = [...steps, keyword]
        .filter((step) => step !== '')
        .join('.')
        .slice(0, 200);
      throw new RouterError(
        'unsupported_value',
        `${owner.name} has no form that Moonshot takes: at '${where}' ${problem}. Correct it, or leave it out.`,
        { param: owner.param },
      );
    },
  };
}

/** With its own reference put right. */
function withLead(schema: JsonObject, lead: Lead | null): JsonObject {
  return lead === null || lead.reference === schema['$ref'] ? schema : { ...schema, $ref: lead.reference };
}

/** The same where the validator looks: there a reference has to lead somewhere. */
function withGoodLead(schema: JsonObject, mending: Mending): JsonObject {
  const { $ref: reference } = schema;
  return withLead(schema, typeof reference === 'string' ? leadOf(reference, mending) : null);
}

function mapInner(schema: JsonObject, isChecked: boolean, mending: Mending): JsonObject {
  return mapSchemas(schema, (inner, keyword, name) => {
    mending.path.push(name ?? '', keyword);
    const mended = mendInner(inner, isChecked && CHECKED.has(keyword), mending);
    mending.path.length -= 2;
    return mended;
  });
}

/** A schema where the validator does not look: its references alone are put right. */
function passOn(schema: JsonObject, mending: Mending): JsonObject {
  if (mending.references === null) return schema;
  const known = mending.passed.get(schema);
  if (known !== undefined) return known;
  const { $ref: reference } = schema;
  const lead = typeof reference === 'string' ? mending.references.lead(reference) : null;
  const result = mapInner(withLead(schema, lead), false, mending);
  mending.passed.set(schema, result);
  return result;
}

function mendChecked(schema: JsonObject, mending: Mending): JsonObject {
  return mapInner(withGoodLead(settleLevel(schema, mending), mending), true, mending);
}

function mendInner(schema: JsonObject, isChecked: boolean, mending: Mending): JsonObject {
  const name = mending.references?.newNameOf(schema) ?? null;
  if (name !== null) return { $ref: `#/$defs/${name}` };
  return isChecked ? mendChecked(schema, mending) : passOn(schema, mending);
}

/** The schemas of a root, with all definitions under `$defs` where any has to move. */
function mendRoot(root: JsonObject, mending: Mending): JsonObject {
  const { definitions = null, emptied = [] } = mending.references ?? {};
  if (definitions === null) return mapInner(withGoodLead(root, mending), true, mending);
  const rest = mapInner(withGoodLead(without(root, ...emptied), mending), true, mending);
  const left = [...definitions].filter(([, schema]) => !mending.inlined.has(schema));
  if (left.length === 0) return rest;
  return { ...rest, $defs: Object.fromEntries(left.map(([name, schema]) => [name, mendChecked(schema, mending)])) };
}

/** True for a definition that nobody needs once the root says it. */
function isForRootAlone(reference: string, target: JsonObject, { references }: Mending): boolean {
  const isDefinition = references?.newNameOf(target) === null;
  return isDefinition && references?.lead(reference)?.schema === target && references.usesOf(target) === 1;
}

/** A root that says itself what its reference says: it needs a type, which may not stand beside a reference. */
function inlineReference(root: JsonObject, mending: Mending): JsonObject {
  const seen = new Set<JsonObject>();
  let own = root;
  while (typeof own['$ref'] === 'string') {
    const target = targetOf(own['$ref'], mending);
    if (target === null || seen.has(target)) return nest(own, '$ref');
    seen.add(target);
    const said = without(target, ...DOCUMENT);
    const rest = without(own, '$ref');
    const rivals = Object.keys(without(rest, ...DOCUMENT, ...NOTES)).filter((name) => !isSame(rest[name], said[name]));
    if (rivals.length > 0) return nest(own, '$ref');
    if (own === root && isForRootAlone(own['$ref'], target, mending)) mending.inlined.add(target);
    own = tidyKeywords({ ...said, ...rest }, mending.fail);
  }
  return own;
}

function propertiesOf(branch: JsonObject, mending: Mending): JsonObject {
  const { $ref: reference } = branch;
  const schema = typeof reference === 'string' ? targetOf(reference, mending) : branch;
  return isObject(schema?.['properties']) ? schema['properties'] : {};
}

/** What a property is at the root where branches say what it is: the same as in all of them, or a name and its notes. */
function sharedProperty(schemas: readonly unknown[], branches: number): unknown {
  const [first, ...others] = schemas;
  if (schemas.length === branches && others.every((other) => isSame(first, other))) return first;
  const notes = Object.entries(isObject(first) ? first : {}).filter(([keyword]) => NOTES.includes(keyword));
  return Object.fromEntries(notes);
}

/**
 * A root's union under `allOf`. Moonshot's grammar for calls does not look there, so the names that the branches have
 * stand at the root as well, and say nothing that the branches do not.
 */
function nestRoot(root: JsonObject, mending: Mending): JsonObject {
  const { anyOf, properties, additionalProperties: others } = root;
  if (!Array.isArray(anyOf)) return root;
  const isOpen = (others === undefined || others === true) && root['unevaluatedProperties'] === undefined;
  const known = isObject(properties) ? properties : {};
  const named = new Map<string, unknown[]>();
  for (const branch of isOpen ? anyOf : []) {
    for (const [name, schema] of Object.entries(propertiesOf(branch, mending))) {
      const schemas = named.get(name);
      if (schemas !== undefined) schemas.push(schema);
      else if (!Object.hasOwn(known, name)) named.set(name, [schema]);
    }
  }
  const shared = [...named].map(([name, schemas]) => [name, sharedProperty(schemas, anyOf.length)]);
  const whole = { ...root, properties: Object.fromEntries([...Object.entries(known), ...shared]) };
  return tidyKeywords(nest(shared.length === 0 ? root : whole, 'anyOf'), mending.fail);
}

/** A schema that Moonshot's validator takes and that says the same. Throws RouterError where there is none. */
export function mendSchema(schema: JsonObject, owner: SchemaOwner): JsonObject {
  const mending = open(schema, owner);
  return mendRoot(settleLevel(schema, mending), mending);
}

/**
 * The same for a tool's parameters. Their root has to say that it is an object, so it can be neither a union nor a
 * reference: "tools.function.parameters.type is required and must be "object"",
 * https://github.com/farion1231/cc-switch/issues/5457 (2026-07), https://github.com/MoonshotAI/kimi-code/pull/2662.
 */
export function mendParameters(schema: JsonObject, owner: SchemaOwner): JsonObject {
  const mending = open(schema, owner);
  mending.open.add(schema);
  const own = inlineReference(tidyKeywords(schema, mending.fail), mending);
  const union = nestRoot(settleEnum(nestRoot(own, mending)), mending);
  const types = typesOf(union);
  if (types?.includes('object') === false) mending.fail('type', "it is not 'object', as a tool's arguments are");
  const root = union['type'] === 'object' ? union : { type: 'object', ...without(union, 'type') };
  // What refers to the root meets it in this form.
  mending.open.delete(schema);
  mending.settled.set(schema, root);
  return mendRoot(root, mending);
}
