import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouterError } from '../../src/protocol/errors.ts';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { mendParameters, mendSchema } from '../../src/providers/moonshot-schema.ts';
import { mendFormat, mendTools } from '../../src/providers/moonshot-tools.ts';
import { accepts, resolve } from '../support/accepts.ts';
import { parametersComplaint, schemaComplaint } from '../support/moonshot-schema.ts';

const OWNER = { name: "The schema of the tool 'f'", param: 'tools' };

const names = fc.constantFrom('a', 'b', 'x', '__proto__');
const scalar = fc.constantFrom<unknown>(null, true, false, 0, 1, 2.5, 'a', 'b', '');
const typeName = fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null');
const type = fc.oneof(
  { weight: 8, arbitrary: typeName },
  { weight: 2, arbitrary: fc.uniqueArray(typeName, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 'any', 'STRING') },
);
const references = fc.constantFrom(
  ...['#', '#/$defs/a', '#/$defs/b', '#/definitions/a', '#/definitions/b~1c', '#/$defs/d%20e', '#/properties/a'],
  ...['#/properties/b/items', '#/$defs/a/properties/a', '#/oneOf/0', '#/components/schemas/a', '#here'],
);
/** What says nothing, where something else is due. */
const junk = fc.constantFrom<unknown>(null, 'text', 7, []);

function often<T>(arbitrary: fc.Arbitrary<T>, other: fc.Arbitrary<unknown> = junk): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: other });
}

/** Schemas of limited depth, with what people write and what they should not. */
function schemas(depth: number, hasReferences = true): fc.Arbitrary<JsonObject> {
  if (depth === 0) {
    const leaf = fc.record({ type, enum: often(fc.array(scalar, { maxLength: 4 })) }, { requiredKeys: [] });
    return hasReferences ? fc.oneof(leaf, fc.record({ $ref: references })) : leaf;
  }
  const inner = fc.oneof(
    { weight: 6, arbitrary: schemas(depth - 1, hasReferences) as fc.Arbitrary<unknown> },
    { weight: 1, arbitrary: fc.boolean() },
  );
  const list = fc.array(inner, { maxLength: 3 });
  const named = fc.dictionary(names, inner, { maxKeys: 3 });
  const some = <T>(arbitrary: fc.Arbitrary<T>, other?: fc.Arbitrary<unknown>) => often(arbitrary, other);
  const members = {
    type,
    description: some(fc.constant('about')),
    properties: some(named),
    required: some(fc.uniqueArray(names, { maxLength: 2 }), fc.constantFrom<unknown>(null, true, [7])),
    additionalProperties: some(inner),
    patternProperties: fc.record({ '^a': inner }),
    items: fc.oneof(inner, list, fc.constant(null)),
    prefixItems: list.filter((each) => each.length > 0),
    additionalItems: inner,
    anyOf: some(list),
    oneOf: fc.array(inner, { minLength: 1, maxLength: 2 }),
    allOf: fc.array(inner, { minLength: 1, maxLength: 2 }),
    not: schemas(0, false),
    enum: some(fc.array(scalar, { maxLength: 4 })),
    const: scalar,
    minItems: fc.nat(2),
    maxItems: fc.nat(2),
    minLength: fc.nat(2),
    maximum: fc.nat(2),
    default: scalar,
    ...(hasReferences ? { $ref: some(references) } : {}),
  };
  const picked = fc.subarray(Object.keys(members), { maxLength: 5 });
  return picked.chain((keys) => {
    const chosen = Object.entries(members).filter(([key]) => keys.includes(key));
    return fc.record(Object.fromEntries(chosen)) as fc.Arbitrary<JsonObject>; // of the arbitraries above
  });
}

const inner = schemas(1);
const documents: fc.Arbitrary<JsonObject> = fc
  .tuple(
    schemas(2),
    fc.record(
      {
        $defs: fc.record({ a: inner, b: inner, 'd e': fc.boolean() }, { requiredKeys: ['a', 'b', 'd e'] }),
        definitions: fc.record({ a: inner, 'b/c': inner, b: inner }),
        components: fc.record({ schemas: fc.record({ a: inner }) }),
      },
      { requiredKeys: ['$defs', 'definitions', 'components'] },
    ),
    fc.record({ $anchor: fc.constant('here') }),
  )
  .map(([root, stores, anchored]) => {
    const { a } = stores.$defs;
    return { ...root, ...stores, $defs: { ...stores.$defs, a: { ...a, ...anchored } } };
  });

const member = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));
const values = fc.oneof(
  member,
  fc.dictionary(fc.constantFrom('a', 'b', 'x'), fc.oneof(member, fc.dictionary(names, scalar, { maxKeys: 2 })), {
    maxKeys: 3,
  }),
  fc.array(member, { maxLength: 3 }),
);

/** A reference that leads nowhere, where Moonshot does not look, may lead somewhere once the schema is put into form. */
function isWhole(root: JsonObject, value: unknown = root): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, each]) => {
    if (name !== '$ref' || typeof each !== 'string') return isWhole(root, each);
    const target = resolve(root, each);
    return isObject(target) || typeof target === 'boolean';
  });
}

/** Null for a schema that has no form: one of its references leads nowhere. */
function mended(mend: typeof mendSchema, schema: JsonObject): JsonObject | null {
  try {
    return mend(schema, OWNER);
  } catch (error) {
    if (error instanceof RouterError && error.code === 'unsupported_value') return null;
    throw error;
  }
}

const RUNS = { numRuns: 1_000 };
const FORMS = [
  ['a schema', mendSchema, schemaComplaint],
  ["a tool's parameters", mendParameters, parametersComplaint],
] as const;

describe.each(FORMS)('%s for Moonshot', (_, mend, complaint) => {
  it('passes its validator, whatever it was', () => {
    fc.assert(
      fc.property(documents, (schema) => {
        const result = mended(mend, schema);
        if (result !== null) expect(complaint(result)).toBeNull();
      }),
      RUNS,
    );
  });

  it('says the same', () => {
    fc.assert(
      fc.property(documents, fc.array(values, { minLength: 20, maxLength: 20 }), (schema, instances) => {
        const result = mended(mend, schema);
        if (result === null || !isWhole(schema)) return;
        const isTool = mend === mendParameters;
        // A root that refers to itself without a type is taken for the object that the tool is called with.
        if (isTool && JSON.stringify(schema).includes('"#"')) return;
        for (const value of instances.filter((each) => !isTool || isObject(each))) {
          const [before, after] = [accepts(schema, value), accepts(result, value)];
          if (before !== null && after !== null) expect([value, after]).toEqual([value, before]);
        }
      }),
      RUNS,
    );
  });

  it('is put into form once: the provider caches by bytes', () => {
    fc.assert(
      fc.property(documents, (schema) => {
        const before = JSON.stringify(schema);
        const once = mended(mend, schema);
        expect(JSON.stringify(schema)).toBe(before);
        if (once === null || !isWhole(schema)) return;
        expect(mend(once, OWNER)).toBe(once);
        expect(JSON.stringify(mend(JSON.parse(before), OWNER))).toBe(JSON.stringify(once));
      }),
      RUNS,
    );
  });

  it('stays the very same object where it passes already', () => {
    let kept = 0;
    fc.assert(
      fc.property(schemas(2, false), ({ anyOf, ...schema }) => {
        const whole = mend === mendParameters ? { ...schema, type: 'object' } : { ...schema, anyOf: anyOf ?? [{}] };
        if (complaint(whole) !== null) return;
        expect(mend(whole, OWNER)).toBe(whole);
        kept += 1;
      }),
      RUNS,
    );
    expect(kept).toBeGreaterThan(200);
  });

  it('stays the very same object where its references are in order', () => {
    let kept = 0;
    const ordered = fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(
        names,
        fc.record({ $ref: fc.constantFrom('#', '#/$defs/a'), minItems: fc.nat(2) }, { requiredKeys: ['$ref'] }),
      ),
      $defs: fc.record({ a: schemas(1, false) }),
    });
    fc.assert(
      fc.property(ordered, (schema) => {
        if (complaint(schema) !== null) return;
        expect(mended(mend, schema)).toBe(schema);
        kept += 1;
      }),
      RUNS,
    );
    expect(kept).toBeGreaterThan(200);
  });

  it('grows by no more than its definitions', () => {
    fc.assert(
      fc.property(documents, (schema) => {
        const result = mended(mend, schema);
        if (result === null) return;
        expect(JSON.stringify(result).length).toBeLessThan(3 * JSON.stringify(schema).length + 500);
      }),
      { numRuns: 500 },
    );
  });
});

describe('tools for Moonshot', () => {
  it.each([undefined, null, 'tools', [], [null], [{ type: 'builtin_function', function: { name: '$web_search' } }]])(
    'may be %j',
    (tools) => expect(mendTools(tools)).toBe(tools),
  );

  it.each([undefined, null, { type: 'text' }, { type: 'json_schema' }, { type: 'json_schema', json_schema: {} }])(
    'response_format may be %j',
    (format) => expect(mendFormat(format)).toBe(format),
  );
});
