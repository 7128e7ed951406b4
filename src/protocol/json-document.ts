import { MOST_MEMBERS, tooMany } from './bounds.ts';
import { RouterError } from './errors.ts';
import { keepSchemaNumbers } from './exact-numbers.ts';
import { isObject, type JsonObject } from './json.ts';
import { stringEnd } from './json-text.ts';

/**
 * A JSON object together with the text it was read from, so that members nobody changes
 * are sent on as the very bytes the client wrote: numbers, escapes and order of keys included.
 * Providers' prompt caches depend on equal bytes.
 */
export interface JsonDocument {
  readonly text: string;
  readonly value: JsonObject;
  /** Where each top-level value stands in the text; null where a key is there twice, and only the object can be trusted. */
  readonly members: ReadonlyMap<string, Span> | null;
}

interface Span {
  start: number;
  end: number;
}

/** The root is depth 1. */
const DEPTH_LIMIT = 64;

const QUOTE = 34;
const COLON = 58;

// What an ASCII character means outside of strings, where JSON has no other: white space, numbers and words mean nothing.
const NOTHING = 0;
const STRING = 1;
const OPENS = 2;
const CLOSES = 3;
const PARTS = 4;
const ROLES = new Uint8Array(128);
for (const [characters, role] of [
  ['"', STRING],
  ['[{', OPENS],
  [']}', CLOSES],
  [',:', PARTS],
] as const) {
  for (const character of characters) ROLES[character.charCodeAt(0)] = role;
}

function tooDeep(): RouterError {
  return new RouterError('nested_too_deeply', `The body is nested deeper than ${DEPTH_LIMIT} levels. Flatten it.`, {
    param: 'body',
  });
}

/** A walk over the members of an object. Plain data: a closure made for each body would make V8 compile the walk anew. */
interface Walk {
  text: string;
  members: Map<string, Span>;
  /** How many members there were, equal keys counted each. */
  count: number;
  key: string | null;
  /** Where the value begins. */
  start: number;
}

/** Takes a string, a colon, a comma or the end, as they stand at the object's own depth. */
function takePart(walk: Walk, code: number, at: number, end: number): void {
  if (code === QUOTE) {
    walk.key ??= String(JSON.parse(walk.text.slice(at, end)));
  } else if (code === COLON) {
    walk.start = end;
  } else if (walk.key !== null) {
    walk.count += 1;
    if (walk.count > MOST_MEMBERS) throw tooMany('The body has too many members', MOST_MEMBERS, 'body');
    walk.members.set(walk.key, { start: walk.start, end: at });
    walk.key = null;
  }
}

/**
 * One pass over the text of a JSON object: where its members stand; null where a key is there twice.
 * Throws past the limits of depth and of members, and looks no further.
 */
function findMembers(text: string): ReadonlyMap<string, Span> | null {
  const walk: Walk = { text, members: new Map(), count: 0, key: null, start: 0 };
  const { length } = text;
  let depth = 0;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    const role = ROLES[code];
    if (role === STRING) {
      const end = stringEnd(text, index);
      if (depth === 1) takePart(walk, code, index, end);
      index = end - 1;
    } else if (role === OPENS) {
      if (depth === DEPTH_LIMIT) throw tooDeep();
      depth += 1;
    } else if (role !== NOTHING) {
      if (depth === 1) takePart(walk, code, index, index + 1);
      if (role === CLOSES) depth -= 1;
    }
  }
  return walk.members.size === walk.count ? walk.members : null;
}

/** Reads a request's body. Throws RouterError: no JSON object, nested too deeply, too many members. */
export function parseDocument(text: string): JsonDocument {
  // First, since it costs less than any look of ours at a text that may be none.
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RouterError(
      'invalid_json',
      'The body is not valid JSON. Check for cut-off text, single quotes or trailing commas.',
      { param: 'body', cause },
    );
  }
  if (!isObject(value)) {
    throw new RouterError('invalid_json', 'The body must be a JSON object such as {"model": "…", "messages": […]}.', {
      param: 'body',
    });
  }
  const members = findMembers(text);
  keepSchemaNumbers(value, (name) => {
    const span = members?.get(name);
    return span === undefined ? null : text.slice(span.start, span.end);
  });
  return { text, value, members };
}

/** Prints `changed`, made from the document's object: members that are still the same go out as they were written. */
export function printDocument(document: JsonDocument, changed: JsonObject): string {
  const { members, text, value } = document;
  if (members === null) return JSON.stringify(changed);
  const parts: string[] = [];
  for (const [key, span] of members) {
    if (!Object.hasOwn(changed, key) || changed[key] === undefined) continue;
    const printed =
      changed[key] === value[key] ? text.slice(span.start, span.end).trim() : JSON.stringify(changed[key]);
    parts.push(`${JSON.stringify(key)}:${printed}`);
  }
  for (const [key, member] of Object.entries(changed)) {
    if (!members.has(key) && member !== undefined) parts.push(`${JSON.stringify(key)}:${JSON.stringify(member)}`);
  }
  return `{${parts.join(',')}}`;
}
