import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../src/protocol/json.ts';
import { mendTools } from '../../src/providers/moonshot-tools.ts';

interface Schema {
  [member: string]: unknown;
}

/** Schemas of limited depth: each level may hold several of the next. */
function schemas(depth: number): fc.Arbitrary<Schema> {
  const inner = depth === 0 ? fc.constant({}) : schemas(depth - 1);
  return fc.record(
    {
      type: fc.constantFrom('object', 'array', 'string', 'number'),
      description: fc.string({ maxLength: 5 }),
      properties: fc.dictionary(fc.string({ maxLength: 3 }), inner, { maxKeys: 2 }),
      items: fc.oneof(inner, fc.array(inner, { maxLength: 2 })),
      anyOf: fc.array(inner, { minLength: 1, maxLength: 2 }),
      enum: fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.integer()), { minLength: 1, maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), inner),
    },
    { requiredKeys: [] },
  );
}

const schema = schemas(2);

function toolsOf(parameters: Schema) {
  return [{ type: 'function', function: { name: 'f', description: 'd', parameters } }];
}

/** The rules of Moonshot's validator, as far as they are known; the complaint of the first that is broken. */
function complaint(value: unknown, typed: boolean, path = '$'): string | null {
  if (!isObject(value)) return null;
  const { type, anyOf, items, properties } = value;
  if (typed && type === undefined && anyOf === undefined) return `${path}: type is not defined`;
  if (path !== '$' && type !== undefined && anyOf !== undefined) return `${path}: type beside anyOf`;
  if (path !== '$' && Array.isArray(items)) return `${path}: a tuple in items`;
  const children: [string, unknown][] = [
    ...Object.entries(isObject(properties) ? properties : {}),
    ...(Array.isArray(anyOf) ? anyOf.map((each, index): [string, unknown] => [`anyOf${index}`, each]) : []),
    ['items', items],
  ];
  for (const [name, child] of children) {
    const found = complaint(child, true, `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}

function parametersOf(tools: unknown): unknown {
  const [tool] = Array.isArray(tools) ? tools : [];
  return tool?.function.parameters;
}

describe('tool schemas for Moonshot', () => {
  it('pass its validator, whatever they were', () => {
    fc.assert(
      fc.property(schema, (parameters) => {
        expect(complaint(parametersOf(mendTools(toolsOf(parameters))), true)).toBeNull();
      }),
    );
  });

  it('are mended once: the provider caches by bytes', () => {
    fc.assert(
      fc.property(schema, (parameters) => {
        const once = mendTools(toolsOf(parameters));
        expect(mendTools(once)).toBe(once);
        expect(JSON.stringify(mendTools(toolsOf(parameters)))).toBe(JSON.stringify(once));
      }),
    );
  });

  it('leave the request that came alone', () => {
    fc.assert(
      fc.property(schema, (parameters) => {
        const before = JSON.stringify(parameters);
        mendTools(toolsOf(parameters));
        expect(JSON.stringify(parameters)).toBe(before);
      }),
    );
  });

  it.each([undefined, null, 'tools', [], [null], [{ type: 'builtin_function', function: { name: '$web_search' } }]])(
    'may be %j',
    (tools) => expect(mendTools(tools)).toBe(tools),
  );
});
