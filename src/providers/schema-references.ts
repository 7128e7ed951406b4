import { isObject, type JsonObject } from '../protocol/json.ts';
import { innerSchemas } from './json-schema.ts';

/*
 * References of a JSON Schema in the one form that Moonshot takes: `#`, or `#/$defs/` and a name. What they lead to
 * elsewhere in the schema (`definitions` of draft 7, a property, an anchor) moves into `$defs`, and a reference stands
 * in its place: nothing is written twice, so a schema never grows by its references.
 */

/** What a reference becomes, and the schema it leads to. */
export interface Lead {
  reference: string;
  schema: JsonObject;
}

/** Where the references of one schema lead. */
export interface References {
  /** Null for a reference that leads to no schema in this one. */
  lead(reference: string): Lead | null;
  /** The name under which a schema that stood elsewhere moved into `$defs`; null for one that stays. */
  newNameOf(schema: JsonObject): string | null;
  /** How many references lead to a schema. */
  usesOf(schema: JsonObject): number;
  /** What stands under `$defs`, by name; null where all stays as it is. */
  readonly definitions: ReadonlyMap<string, JsonObject> | null;
  /** Keywords of the root whose schemas went into `$defs`. */
  readonly emptied: ReadonlySet<string>;
}

/** A boolean schema as an object: one that takes all, or nothing. Null for what is no schema. */
export function asSchema(value: unknown): JsonObject | null {
  if (typeof value === 'boolean') return value ? {} : { not: {} };
  return isObject(value) ? value : null;
}

/** Where definitions are kept: now, in draft 7, in OpenAPI. */
const DEFS = ['$defs'];
const STORES = [DEFS, ['definitions'], ['components', 'schemas']];

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce((value, step) => {
    if (Array.isArray(value)) return value[Number(step)] as unknown;
    return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, root);
}

/** The steps of a JSON pointer in a fragment, https://www.rfc-editor.org/rfc/rfc6901; null for one that is none. */
function stepsOf(fragment: string): string[] | null {
  if (!fragment.startsWith('/')) return null;
  try {
    const steps = decodeURIComponent(fragment).split('/').slice(1);
    return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  } catch {
    return null;
  }
}

/** Adds all schemas in a schema, itself included. */
function addSchemas(schema: JsonObject, to: Set<JsonObject>): void {
  if (to.has(schema)) return;
  to.add(schema);
  for (const inner of innerSchemas(schema)) addSchemas(inner, to);
}

/** Schemas by their anchors; drafts 6 and 7 wrote one as an id. */
function readAnchors(schemas: Iterable<JsonObject>): ReadonlyMap<string, JsonObject> {
  const anchors = new Map<string, JsonObject>();
  for (const schema of schemas) {
    const { $anchor: anchor, $id: id } = schema;
    if (typeof anchor === 'string') anchors.set(anchor, schema);
    if (typeof id === 'string' && id.startsWith('#')) anchors.set(id.slice(1), schema);
  }
  return anchors;
}

/** A name that can stand in a reference as it is. */
function isGoodName(name: string): boolean {
  return /^[^/~%]+$/.test(name);
}

/** Names schemas, each by one name that no other has. */
function createNames() {
  const schemas = new Map<string, JsonObject>();
  const names = new Map<JsonObject, string>();
  return {
    schemas,
    names,
    add(wanted: string, schema: JsonObject): string {
      const known = names.get(schema);
      if (known !== undefined) return known;
      const base = wanted.replaceAll(/[/~%]/g, '_') || 'schema';
      let name = base;
      for (let count = 2; schemas.has(name); count += 1) name = `${base}_${count}`;
      schemas.set(name, schema);
      names.set(schema, name);
      return name;
    },
  };
}

/** The stores of a schema. One that is emptied gives all its schemas a name, in their order. */
function openStores(root: JsonObject, add: (name: string, schema: JsonObject) => void) {
  const entries = new Map<string, JsonObject>();
  const emptied = new Set<string>();
  function empty(store: readonly string[]): void {
    const [keyword = ''] = store;
    if (emptied.has(keyword)) return;
    emptied.add(keyword);
    const stored = valueAt(root, store);
    for (const [name, value] of Object.entries(isObject(stored) ? stored : {})) {
      const schema = asSchema(value);
      if (schema === null) continue;
      entries.set([...store, name].join('\n'), schema);
      add(name, schema);
    }
  }
  return { entries, emptied, empty };
}

/** Reads what the references of a schema lead to. */
export function readReferences(root: JsonObject): References {
  const schemas = new Set<JsonObject>();
  addSchemas(root, schemas);
  const { schemas: definitions, names, add } = createNames();
  const { entries, emptied, empty } = openStores(root, (name, schema) => {
    add(name, schema);
    addSchemas(schema, schemas);
  });
  const leads = new Map<string, Lead | null>();
  let anchors: ReadonlyMap<string, JsonObject> | null = null;

  function schemaAt(fragment: string): JsonObject | null {
    const steps = stepsOf(fragment);
    if (steps === null) {
      anchors ??= readAnchors(schemas);
      return anchors.get(fragment) ?? null;
    }
    const store = STORES.find(
      (path) => path.length === steps.length - 1 && path.every((step, at) => step === steps[at]),
    );
    if (store !== undefined) {
      empty(store);
      return entries.get(steps.join('\n')) ?? null;
    }
    const value = valueAt(root, steps);
    return typeof value === 'boolean' || (isObject(value) && schemas.has(value)) ? asSchema(value) : null;
  }

  function find(reference: string): Lead | null {
    const { $id: id } = root;
    const local = typeof id === 'string' && reference.startsWith(`${id}#`) ? reference.slice(id.length) : reference;
    const schema = local === '#' ? root : local.startsWith('#') ? schemaAt(local.slice(1)) : null;
    if (schema === null) return null;
    return {
      schema,
      reference: schema === root ? '#' : `#/$defs/${add(local.slice(1).split('/').at(-1) ?? '', schema)}`,
    };
  }

  function lead(reference: string): Lead | null {
    if (!leads.has(reference)) leads.set(reference, find(reference));
    return leads.get(reference) ?? null;
  }

  empty(DEFS);
  // A Set gives what is added to it meanwhile, too.
  const uses = new Map<JsonObject, number>();
  for (const { $ref: reference } of schemas) {
    const target = typeof reference === 'string' ? lead(reference)?.schema : undefined;
    if (target !== undefined) uses.set(target, (uses.get(target) ?? 0) + 1);
  }
  const stored = new Set(entries.values());
  const isRenamed = [...leads].some(([reference, found]) => found !== null && found.reference !== reference);
  const hasBadName = Object.keys(isObject(root['$defs']) ? root['$defs'] : {}).some((name) => !isGoodName(name));
  const isMoving = isRenamed || hasBadName;
  return {
    lead,
    usesOf: (schema) => uses.get(schema) ?? 0,
    newNameOf: (schema) => (isMoving && !stored.has(schema) ? (names.get(schema) ?? null) : null),
    definitions: isMoving ? definitions : null,
    emptied,
  };
}
