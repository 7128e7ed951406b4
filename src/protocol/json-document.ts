import { RouterError } from './errors.ts';
import { isObject, type JsonObject } from './json.ts';

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
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** The offset behind the string that starts at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

interface Mark {
  code: number;
  at: number;
  end: number;
}

/** One pass over the text: the strings, colons, commas and ends that stand at depth 1. Throws past the depth limit. */
function findMarks(text: string): Mark[] {
  const marks: Mark[] = [];
  let depth = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    const end = code === QUOTE ? stringEnd(text, index) : index + 1;
    switch (code) {
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        if (depth > DEPTH_LIMIT) throw tooDeep();
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
      case QUOTE:
      case COMMA:
      case COLON:
        if (depth === 1) marks.push({ code, at: index, end });
        if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
        break;
      default:
    }
    index = end;
  }
  return marks;
}

function tooDeep(): RouterError {
  return new RouterError('nested_too_deeply', `The body is nested deeper than ${DEPTH_LIMIT} levels. Flatten it.`, {
    param: 'body',
  });
}

/** Top-level values by key, from the marks of a text that is known to be a JSON object. */
function findMembers(text: string, marks: readonly Mark[]) {
  const members = new Map<string, Span>();
  let key: string | null = null;
  let start = 0;
  for (const [position, mark] of marks.entries()) {
    if (key === null && mark.code === QUOTE && marks[position + 1]?.code === COLON) {
      key = String(JSON.parse(text.slice(mark.at, mark.end)));
    } else if (mark.code === COLON) {
      start = mark.end;
    } else if (key !== null && (mark.code === COMMA || mark.code === CLOSE_BRACE)) {
      if (members.has(key)) return null;
      members.set(key, { start, end: mark.at });
      key = null;
    }
  }
  return members;
}

/** Reads a request's body. Throws RouterError `invalid_json` or `nested_too_deeply`. */
export function parseDocument(text: string): JsonDocument {
  const marks = findMarks(text);
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
  return { text, value, members: findMembers(text, marks) };
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
