import { parseJson } from '../protocol/json.ts';
import { Mistake } from './mistake.ts';

/* Flags of the catalogue's commands, by the columns that they set. */

type Flags = Readonly<Record<string, string | boolean | undefined>>;
type Members = Record<string, unknown>;

const TEXT = { type: 'string' } as const;

/** Flag → column of a model. */
const MODEL_FLAGS = {
  kind: 'kind',
  context: 'context_length',
  'max-output': 'max_output',
  inputs: 'inputs',
  tools: 'tools',
  thinking: 'thinking',
  'wants-reasoning': 'wants_reasoning',
  note: 'note',
  status: 'status',
} as const;

/** Flag → column of a price. */
const PRICE_FLAGS = {
  'price-input': 'input',
  'price-cached': 'cached',
  'price-output': 'output',
  'price-cache-write': 'cache_write',
  'price-cache-write-hour': 'cache_write_hour',
  'price-bands': 'bands',
  'price-tools': 'tools',
  'valid-from': 'valid_from',
  revision: 'revision',
} as const;

const PROVIDER_FLAGS = {
  name: 'name',
  'base-url': 'base_url',
  'key-variable': 'key_variable',
  rules: 'rules',
  status: 'status',
} as const;

/** For parseArgs. */
export const MODEL_OPTIONS = {
  ...{ kind: TEXT, context: TEXT, 'max-output': TEXT, inputs: TEXT, tools: TEXT, thinking: TEXT },
  ...{ 'wants-reasoning': TEXT, note: TEXT, status: TEXT },
  ...{ 'price-input': TEXT, 'price-cached': TEXT, 'price-output': TEXT, 'price-cache-write': TEXT },
  ...{ 'price-cache-write-hour': TEXT, 'price-bands': TEXT, 'price-tools': TEXT, 'valid-from': TEXT, revision: TEXT },
} as const;
export const PROVIDER_OPTIONS = {
  ...{ preset: TEXT, name: TEXT, 'base-url': TEXT, 'key-variable': TEXT, rules: TEXT, status: TEXT },
} as const;
export const ROUTE_OPTIONS = {
  ...{ targets: TEXT, weights: TEXT, parameters: TEXT, note: TEXT, status: TEXT },
  spread: { type: 'boolean' },
  'no-spread': { type: 'boolean' },
} as const;

/** What was given, by column; `none` is NULL. Throws Mistake for a flag without a value. */
function given(values: Flags, columns: Readonly<Record<string, string>>): Members {
  const members: Members = {};
  for (const [flag, column] of Object.entries(columns)) {
    const value = values[flag];
    if (typeof value !== 'string') continue;
    // An unset shell variable must not change anything.
    if (value.trim() === '') throw new Mistake(`--${flag} has no value. To leave it open say "none".`);
    members[column] = value.trim() === 'none' ? null : value.trim();
  }
  return members;
}

/** JSON as it was typed. Throws Mistake where it is none. */
function typedJson(text: string, flag: string): unknown {
  const value = parseJson(text);
  if (value === undefined || value === null) throw new Mistake(`--${flag} is not JSON.`);
  return value;
}

/** The word alone stands for a kind of thinking. */
function thinkingOf(text: string): unknown {
  if (text === 'unknown') return null;
  return ['none', 'always', 'switch'].includes(text) ? { kind: text } : typedJson(text, 'thinking');
}

/** What is said of a model, by column. */
export function modelMembers(values: Flags): Members {
  const { thinking } = values;
  const members = given({ ...values, thinking: undefined }, MODEL_FLAGS);
  return typeof thinking === 'string' ? { ...members, thinking: thinkingOf(thinking.trim()) } : members;
}

/** What is said of its price; empty where nothing is. */
export function priceMembers(values: Flags): Members {
  const members = given(values, PRICE_FLAGS);
  for (const column of ['bands', 'tools'] as const) {
    const text = members[column];
    if (typeof text === 'string') members[column] = typedJson(text, `price-${column}`);
  }
  return members;
}

/** What is said of a provider, by column. */
export function providerMembers(values: Flags): Members {
  const members = given(values, PROVIDER_FLAGS);
  if (typeof members['rules'] === 'string') members['rules'] = typedJson(members['rules'], 'rules');
  return members;
}

/** The targets as they were typed: names with commas between them, or the JSON of a row. */
function typedTargets(text: string): unknown[] {
  if (!text.startsWith('[')) return text.split(',').map((name) => ({ model: name.trim() }));
  const value = typedJson(text, 'targets');
  if (!Array.isArray(value)) throw new Mistake('--targets must be a list.');
  return value;
}

function objectOf(target: unknown): Members {
  return typeof target === 'object' && target !== null ? { ...target } : { model: target };
}

/** What is said of a route, by column; `before` are the targets that it has. */
export function routeMembers(values: Flags, before: unknown): Members {
  const { 'no-spread': noSpread, parameters, spread, targets, weights } = values;
  const members = given(values, { note: 'note', status: 'status' });
  if (spread === true && noSpread === true) throw new Mistake('Give either --spread or --no-spread, not both.');
  if (spread === true || noSpread === true) members['spread'] = spread === true;
  const known: unknown[] = Array.isArray(before) ? before : [];
  let wanted = typeof targets === 'string' ? typedTargets(targets.trim()) : known;
  if (typeof parameters === 'string') {
    const value = typedJson(parameters, 'parameters');
    wanted = wanted.map((target) => ({ ...objectOf(target), parameters: value }));
  }
  if (typeof weights === 'string') {
    const numbers = weights.split(',').map(Number);
    if (numbers.length !== wanted.length) throw new Mistake('--weights must have one number for each target.');
    wanted = wanted.map((target, index) => ({ ...objectOf(target), weight: numbers[index] }));
  }
  return wanted.length === 0 ? members : { ...members, targets: wanted };
}
