/*
 * Server-sent events, after https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
 * Lines end with LF, CRLF or CR; a blank line ends an event. Since such an end is always ASCII,
 * bytes up to one never cut a character, and need no memory of what came before.
 */

const LF = 10;
const CR = 13;

/** One event holds less than this many bytes; a provider that sends more is broken. */
export const EVENT_LIMIT = 8 * 1024 * 1024;

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}

/**
 * The offset after the last blank line in `bytes`, looking no further back than `from`; 0 when there is none.
 * A CRLF cut in two is safe: its LF then begins the next piece as one more blank line, which says nothing.
 */
export function lastEventEnd(bytes: Uint8Array, from: number): number {
  for (let index = bytes.length - 1; index > from; index -= 1) {
    const byte = bytes[index];
    if (byte !== LF && byte !== CR) continue;
    const before = byte === LF && bytes[index - 1] === CR ? index - 2 : index - 1;
    if (before >= 0 && isLineEnd(bytes[before])) return index + 1;
  }
  return 0;
}

/** The offset after the line end at `at`. */
function lineEnd(bytes: Uint8Array, at: number): number {
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
}

/** The offset after the first blank line from `start` on; the end of the bytes where there is none. */
export function eventEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  for (let at = start; at < length; at += 1) {
    if (!isLineEnd(bytes[at])) continue;
    const next = lineEnd(bytes, at);
    if (isLineEnd(bytes[next])) return lineEnd(bytes, next);
  }
  return length;
}

/** Line ends of all kinds become LF. */
export function withPlainLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/**
 * The data of one event: its `data:` lines joined with LF, or null when it has none.
 * `block` is the event's lines with LF between them. Comments and other fields are skipped.
 */
export function dataOf(block: string): string | null {
  let data: string | null = null;
  for (const line of block.split('\n')) {
    if (!line.startsWith('data')) continue;
    let value: string;
    if (line.length === 4) value = '';
    else if (line.charCodeAt(4) !== 58) continue;
    else value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
    data = data === null ? value : `${data}\n${value}`;
  }
  return data;
}

/** The name of an event: its last `event:` line, or null where it has none. `block` is as for `dataOf`. */
export function nameOf(block: string): string | null {
  let name: string | null = null;
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) name = line.slice(line.charCodeAt(6) === 32 ? 7 : 6);
  }
  return name;
}

/** A frame of our own: one line, however the JSON was written. */
export function frameOf(json: string): string {
  // Newlines between JSON tokens are white space, and inside strings they are escaped: both may become blanks.
  return `data: ${json.includes('\n') ? json.replaceAll('\n', ' ') : json}\n\n`;
}

export const DONE = '[DONE]';
export const DONE_FRAME = 'data: [DONE]\n\n';
export const KEEP_ALIVE_FRAME = ': keep-alive\n\n';
