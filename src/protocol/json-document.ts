import { MOST_MEMBERS, tooMany } from './bounds.ts';
import { RouterError } from './errors.ts';
import { keepSchemaNumbers } from './exact-numbers.ts';
import { mayHoldHalves, mendHalfSurrogates } from './half-surrogates.ts';
import { joinBytes } from './join-bytes.ts';
import { isObject, type JsonObject } from './json.ts';
import { DEPTH_LIMIT, type JsonScan, type Span, scanJson } from './scan-json.ts';
import { textBytes } from './text-bytes.ts';

/**
 * A JSON object together with the bytes it was read from, so that members nobody changes
 * are sent on as the very bytes the client wrote: numbers, escapes and order of keys included.
 * Providers' prompt caches depend on equal bytes.
 */
export interface JsonDocument {
  readonly bytes: Uint8Array;
  readonly value: JsonObject;
  /** Where each top-level value stands in the bytes; null where a key is there twice, and only the object can be trusted. */
  readonly members: ReadonlyMap<string, Span> | null;
  /** True where a number may not print as it was written. */
  readonly hasLongNumbers: boolean;
}

const decoder = new TextDecoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
const encoder = new TextEncoder();

function decode(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    throw new RouterError('invalid_encoding', 'The body is not valid UTF-8. Encode it as UTF-8.', {
      param: 'body',
      cause,
    });
  }
}

/** The text of a body. Halves of surrogate pairs are mended in the bytes themselves. */
function readText(bytes: Uint8Array): string {
  const text = decode(bytes);
  return mayHoldHalves(text) && mendHalfSurrogates(bytes) ? decode(bytes) : text;
}

function parseObject(text: string): JsonObject {
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
  if (isObject(value)) return value;
  throw new RouterError('invalid_json', 'The body must be a JSON object such as {"model": "…", "messages": […]}.', {
    param: 'body',
  });
}

/** Throws where the scan has ended before the text. */
function checkScan({ fault }: JsonScan): void {
  if (fault === 'too many members') throw tooMany('The body has too many members', MOST_MEMBERS, 'body');
  if (fault === null) return;
  throw new RouterError('nested_too_deeply', `The body is nested deeper than ${DEPTH_LIMIT} levels. Flatten it.`, {
    param: 'body',
  });
}

function textAt(bytes: Uint8Array, { start, end }: Span): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** Where spans of the text stand in its bytes. They come in the order of the text. */
function toBytes(text: string, bytes: Uint8Array): (span: Span) => Span {
  if (text.length === bytes.length) return (span) => span;
  let seen = 0;
  // A byte order mark is no part of the text.
  let offset = bytes.length - textBytes(text);
  const move = (at: number) => {
    offset += textBytes(text.slice(seen, at));
    seen = at;
    return offset;
  };
  return ({ start, end }) => ({ start: move(start), end: move(end) });
}

function membersOf(text: string, bytes: Uint8Array, value: JsonObject, { members }: JsonScan): JsonDocument['members'] {
  const names = Object.keys(value);
  if (names.length !== members.length) return null;
  // Names that are whole numbers come first in an object, wherever they stand in the text.
  const inOrder = /^\d+$/.test(names[0] ?? '')
    ? members.map(({ key }) => String(JSON.parse(text.slice(key.start, key.end))))
    : names;
  const spans = members.map(({ value: span }) => span).map(toBytes(text, bytes));
  return new Map(spans.map((span, position) => [inOrder[position] ?? '', span]));
}

/**
 * Reads a request's body. Halves of surrogate pairs are mended in the bytes themselves: no provider takes them.
 * Throws RouterError: not UTF-8, no JSON object, nested too deeply, too many members.
 */
export function parseDocument(bytes: Uint8Array): JsonDocument {
  const text = readText(bytes);
  const value = parseObject(text);
  const scan = scanJson(text);
  checkScan(scan);
  const document = { bytes, value, members: membersOf(text, bytes, value, scan), hasLongNumbers: scan.hasLongNumbers };
  if (scan.hasLongNumbers) {
    keepSchemaNumbers(value, (name) => {
      const span = document.members?.get(name);
      return span === undefined ? null : textAt(bytes, span);
    });
  }
  return document;
}

/** What is no longer than this is compared rather than kept. */
const SHORT = 256;

/** True where the member prints as it was written. A text whose print is as long was written so. */
function printsAlike({ bytes, value }: JsonDocument, key: string, span: Span): boolean {
  const length = span.end - span.start;
  if (length > SHORT) return false;
  const printed = JSON.stringify(value[key]);
  return printed.length === length && (typeof value[key] === 'string' || printed === textAt(bytes, span));
}

/** Texts and bytes in one. */
function join(pieces: readonly (string | Uint8Array)[]): Uint8Array {
  return joinBytes(pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece)));
}

/**
 * Prints `changed`, made from the document's object: members that are still the same go out as they were written.
 * It is kept until a provider has answered, in bytes, which lie outside of V8's heap.
 */
export function printDocument(document: JsonDocument, changed: JsonObject): Uint8Array {
  const { bytes, members, value } = document;
  const anew = () => encoder.encode(JSON.stringify(changed));
  if (members === null) return anew();
  const isThere = (key: string) => Object.hasOwn(changed, key) && changed[key] !== undefined;
  const written = [...members].filter(([key]) => isThere(key));
  const isKept = ([key, span]: [string, Span]) => changed[key] === value[key] && !printsAlike(document, key, span);
  const kept = new Map(written.filter(isKept));
  if (kept.size === 0) return anew();
  const added = Object.keys(changed).filter((key) => isThere(key) && !members.has(key));
  const pieces = [...written.map(([key]) => key), ...added].flatMap((key, position) => {
    const span = kept.get(key);
    const member = span === undefined ? JSON.stringify(changed[key]) : bytes.subarray(span.start, span.end);
    return [`${position === 0 ? '{' : ','}${JSON.stringify(key)}:`, member];
  });
  return join([...pieces, '}']);
}
