import { exactNumber } from '../protocol/exact-numbers.ts';
import type { JsonObject } from '../protocol/json.ts';
import { without } from './json-schema.ts';

/** The JSON Schema type of a value. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  const exact = exactNumber(value);
  if (exact !== null) return /^-?\d+$/.test(exact) ? 'integer' : 'number';
  return typeof value;
}

/** The types that a schema names; null where it names none. */
export function typesOf({ type }: JsonObject): string[] | null {
  if (type === undefined) return null;
  return (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string');
}

/** Whether what is of one type is of one of the others too. */
export function isWithin(type: string, types: readonly string[]): boolean {
  return types.includes(type) || (type === 'integer' && types.includes('number'));
}

/** True where no value of an `enum` is of these types. */
export function allowsNone({ enum: values }: JsonObject, types: readonly string[]): boolean {
  return Array.isArray(values) && values.length > 0 && !values.some((value) => isWithin(typeOf(value), types));
}

/** Beside an `enum` there may be one type, or one and null. Null is lost behind a type of numbers. */
function mayStandBeside(types: readonly string[], values: readonly unknown[]): boolean {
  if (types.length === 1) return true;
  const [other, more] = types.filter((type) => type !== 'null');
  if (!types.includes('null') || more !== undefined) return false;
  if (other === 'string' || other === 'boolean') return true;
  return isWithin(other ?? '', ['number']) && (types[0] === 'null' || !values.includes(null));
}

/** Values by their types, in the order in which these come up. Whole numbers go with the others. */
function byType(values: readonly unknown[]): Map<string, unknown[]> {
  const numbers = values.some((value) => typeOf(value) === 'number') ? 'number' : 'integer';
  const groups = new Map<string, unknown[]>();
  for (const value of values) {
    const type = isWithin(typeOf(value), ['number']) ? numbers : typeOf(value);
    const group = groups.get(type);
    if (group === undefined) groups.set(type, [value]);
    else group.push(value);
  }
  return groups;
}

/**
 * An `enum` as Moonshot takes it: beside a type that all its values have. Values that the type rules out go; where it
 * rules out all, the `enum` goes, as in Moonshot's own rewriting: nothing could be said, and the chat has to go on.
 * Values of several types become branches.
 */
export function settleEnum(schema: JsonObject): JsonObject {
  const { enum: values } = schema;
  if (!Array.isArray(values)) return schema;
  const types = typesOf(schema);
  const allowed: unknown[] = types === null ? values : values.filter((value) => isWithin(typeOf(value), types));
  if (allowed.length === 0) return without(schema, 'enum');
  const isWhole = allowed.length === values.length;
  if (types !== null && isWhole && mayStandBeside(types, values)) return schema;
  const groups = [...byType(allowed)];
  const [first] = groups;
  if (groups.length === 1 && first !== undefined) {
    return { ...schema, type: types?.length === 1 ? schema['type'] : first[0], enum: allowed };
  }
  const branches = groups.map(([type, group]) => (type === 'null' ? { type } : { type, enum: group }));
  return { ...without(schema, 'type', 'enum'), anyOf: branches };
}
