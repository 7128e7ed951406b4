import { isObject, type JsonObject } from '../protocol/json.ts';
import { mendParameters, mendSchema, type SchemaOwner } from './moonshot-schema.ts';

/*
 * Moonshot refuses a schema of more than 120,000 bytes (walle, 2026-06), which hold fewer values than these. What is
 * larger goes out as it is, and Moonshot says so: looking at it would cost more than reading it did.
 */
const MOST_VALUES = 20_000;
const MOST_VALUES_IN_ALL = 50_000;

/** How many values a value holds; no more are counted than that. */
function countValues(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  // Keys cost less than values, where there are many.
  for (const name of Object.keys(value)) {
    count += countValues(Reflect.get(value, name), most - count);
    if (count > most) break;
  }
  return count;
}

type Mend = (schema: JsonObject, owner: SchemaOwner) => JsonObject;

/** Mends schemas until they are too many. */
function openBudget(mend: Mend): Mend {
  let left = MOST_VALUES_IN_ALL;
  return (schema, owner) => {
    const count = countValues(schema, Math.min(left, MOST_VALUES));
    if (count > Math.min(left, MOST_VALUES)) return schema;
    left -= count;
    return mend(schema, owner);
  };
}

function mendTool(tool: unknown, mend: Mend): unknown {
  if (!isObject(tool) || !isObject(tool['function']) || !isObject(tool['function']['parameters'])) return tool;
  const { name, parameters } = tool['function'];
  const owner = { name: `The schema of the tool '${String(name).slice(0, 100)}'`, param: 'tools' };
  const mended = mend(parameters, owner);
  return mended === parameters ? tool : { ...tool, function: { ...tool['function'], parameters: mended } };
}

/** A request's tools as Moonshot takes them; the very same array where nothing is amiss. Throws RouterError that names the tool. */
export function mendTools(tools: unknown): unknown {
  if (!Array.isArray(tools)) return tools;
  const mend = openBudget(mendParameters);
  const mended: unknown[] = tools.map((tool) => mendTool(tool, mend));
  return mended.some((tool, position) => tool !== tools[position]) ? mended : tools;
}

/** The same for `response_format`. */
export function mendFormat(format: unknown): unknown {
  if (!isObject(format) || !isObject(format['json_schema']) || !isObject(format['json_schema']['schema']))
    return format;
  const { schema } = format['json_schema'];
  const mended = openBudget(mendSchema)(schema, { name: 'The schema of response_format', param: 'response_format' });
  return mended === schema ? format : { ...format, json_schema: { ...format['json_schema'], schema: mended } };
}
