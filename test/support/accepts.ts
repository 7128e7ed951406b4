import { isObject, type JsonObject } from '../../src/protocol/json.ts';

/* A small evaluator of JSON Schema, of all drafts at once, to see whether two schemas say the same. */

interface Setting {
  root: JsonObject;
  /** Pairs under way. */
  open: Map<object, unknown[]>;
  /** True once a schema asked for itself about the same value: it is whatever it is. */
  isCircular: boolean;
}

function typeNames(value: unknown): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['integer', 'number'] : ['number'];
  return [typeof value];
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function findAnchor(value: unknown, anchor: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isObject(value) && value['$anchor'] === anchor) return value;
  for (const inner of Object.values(value)) {
    const found = findAnchor(inner, anchor);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a reference in a schema leads to; undefined where it leads nowhere. */
export function resolve(root: JsonObject, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined;
  if (/^#[^/]/.test(reference)) return findAnchor(root, reference.slice(1));
  const steps = decodeURIComponent(reference.slice(1)).split('/').slice(1);
  let found: unknown = root;
  for (const step of steps) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    found = Array.isArray(found) ? found[Number(name)] : isObject(found) ? found[name] : undefined;
  }
  return found;
}

function acceptsType({ type }: JsonObject, value: unknown): boolean {
  if (type === undefined || type === null || same(type, [])) return true;
  return [type].flat().some((name) => name === 'any' || typeNames(value).includes(String(name).toLowerCase()));
}

/** Values that the type beside them rules out do not count; where none is left, they say nothing. */
function acceptsEnum({ enum: values, ...schema }: JsonObject, value: unknown): boolean {
  if (!Array.isArray(values)) return true;
  const possible = values.filter((each) => acceptsType(schema, each));
  return possible.length === 0 || possible.some((each) => same(each, value));
}

function acceptsNumbers(schema: JsonObject, value: unknown): boolean {
  const length = Array.isArray(value) ? value.length : 0;
  const { minItems, maxItems, minLength, maxLength, minimum, maximum } = schema;
  const within = (size: number, least: unknown, most: unknown) =>
    !(typeof least === 'number' && size < least) && !(typeof most === 'number' && size > most);
  if (Array.isArray(value)) return within(length, minItems, maxItems);
  if (typeof value === 'string') return within(value.length, minLength, maxLength);
  return typeof value !== 'number' || within(value, minimum, maximum);
}

function acceptsObject(schema: JsonObject, value: unknown, setting: Setting): boolean {
  if (!isObject(value)) return true;
  const { required, properties, patternProperties, additionalProperties: others } = schema;
  if (Array.isArray(required) && required.some((name) => typeof name === 'string' && !Object.hasOwn(value, name))) {
    return false;
  }
  return Object.entries(value).every(([name, member]) => {
    const own = isObject(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [];
    const patterns = Object.entries(isObject(patternProperties) ? patternProperties : {});
    const matching = patterns.filter(([pattern]) => new RegExp(pattern).test(name)).map(([, each]) => each);
    const holding = own.length + matching.length > 0 ? [...own, ...matching] : [others];
    return holding.every((each) => holds(each, member, setting));
  });
}

function acceptsArray(schema: JsonObject, value: unknown, setting: Setting): boolean {
  if (!Array.isArray(value)) return true;
  const { items, prefixItems, additionalItems } = schema;
  const isTuple = Array.isArray(items) && prefixItems === undefined;
  const first: unknown[] = isTuple ? items : Array.isArray(prefixItems) ? prefixItems : [];
  const rest = isTuple ? additionalItems : Array.isArray(items) ? undefined : items;
  return value.every((member, at) => holds(at < first.length ? first[at] : rest, member, setting));
}

function acceptsCombined(schema: JsonObject, value: unknown, setting: Setting): boolean {
  const { anyOf, oneOf, allOf, not, $ref: reference } = schema;
  const count = (list: unknown[]) => list.filter((each) => holds(each, value, setting)).length;
  if (Array.isArray(anyOf) && anyOf.length > 0 && count(anyOf) === 0) return false;
  if (Array.isArray(oneOf) && count(oneOf) !== 1) return false;
  if (Array.isArray(allOf) && count(allOf) < allOf.length) return false;
  if (isObject(not) && holds(not, value, setting)) return false;
  return typeof reference !== 'string' || holds(resolve(setting.root, reference), value, setting);
}

/** What is no schema says nothing. */
function holds(schema: unknown, value: unknown, setting: Setting): boolean {
  if (schema === false) return false;
  if (!isObject(schema)) return true;
  const open = setting.open.get(schema) ?? [];
  if (open.includes(value)) {
    setting.isCircular = true;
    return true;
  }
  setting.open.set(schema, [...open, value]);
  const result =
    acceptsType(schema, value) &&
    acceptsEnum(schema, value) &&
    (schema['const'] === undefined || same(schema['const'], value)) &&
    acceptsNumbers(schema, value) &&
    acceptsObject(schema, value, setting) &&
    acceptsArray(schema, value, setting) &&
    acceptsCombined(schema, value, setting);
  setting.open.set(schema, open);
  return result;
}

/** Whether a schema takes a value; null where it goes in circles about it. */
export function accepts(schema: JsonObject, value: unknown): boolean | null {
  const setting: Setting = { root: schema, open: new Map(), isCircular: false };
  const result = holds(schema, value, setting);
  return setting.isCircular ? null : result;
}
