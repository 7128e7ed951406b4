import { RouterError } from '../protocol/errors.ts';
import { atMost } from './at-most.ts';

/** How long the rest of a refused body is read on, in ms. */
const LONGEST_DRAIN_MS = 2_000;

function tooLarge(limit: number): RouterError {
  return new RouterError(
    'request_too_large',
    `The body is larger than ${limit} bytes. Send less, or ask the operator to raise MAX_BODY_BYTES.`,
  );
}

/** Null where the body is as it was written. */
function encodingOf(request: Request): 'gzip' | 'deflate' | null {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return null;
  if (encoding === 'gzip' || encoding === 'deflate') return encoding;
  throw new RouterError(
    'unsupported_encoding',
    `The content encoding '${encoding.slice(0, 40)}' is not understood. Send plain JSON or gzip.`,
    { param: 'content-encoding' },
  );
}

type Body = ReadableStream<Uint8Array>;

const FIRST_BUFFER = 64 * 1024;

/** Collects a body into one buffer that grows as it is filled, so that a body in a million pieces costs no more than one in ten. */
async function collect(reader: ReadableStreamBYOBReader, limit: number): Promise<Uint8Array> {
  let buffer = new Uint8Array(Math.min(FIRST_BUFFER, limit + 1));
  let length = 0;
  for (;;) {
    const free = buffer.subarray(length);
    const { done, value } = await reader.readAtLeast(free.length, free);
    if (value === undefined) return new Uint8Array(0);
    length += value.byteLength;
    buffer = new Uint8Array(value.buffer);
    if (length > limit) throw tooLarge(limit);
    if (done || length < buffer.length) return buffer.subarray(0, length);
    const larger = new Uint8Array(Math.min(buffer.length * 2, limit + 1));
    larger.set(buffer);
    buffer = larger;
  }
}

/** Reads to the end, and keeps nothing of it. */
async function drain(reader: ReadableStreamBYOBReader): Promise<void> {
  let buffer = new ArrayBuffer(FIRST_BUFFER);
  for (;;) {
    const { done, value } = await reader.readAtLeast(FIRST_BUFFER, new Uint8Array(buffer));
    if (done || value === undefined) return;
    ({ buffer } = value);
  }
}

/**
 * Collects a body, and takes the rest of one that is refused off the connection. Answered in the middle of it,
 * a sender may see a broken connection in place of the answer, and older dev servers of wrangler (4.124.0) end themselves.
 */
async function collectOrDrain(body: Body, limit: number): Promise<Uint8Array> {
  const reader = body.getReader({ mode: 'byob' });
  try {
    return await collect(reader, limit);
  } catch (cause) {
    await atMost(LONGEST_DRAIN_MS, drain(reader));
    throw cause;
  }
}

/** The whole body before its content encoding. */
async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const { body } = request;
  if (body === null) return new Uint8Array(0);
  const encoding = encodingOf(request);
  // The runtime lets no more bytes through than the length says, and reads them at once for a third of the cost.
  const length = Number(request.headers.get('content-length') ?? Number.NaN);
  const packed = length <= limit ? await request.bytes() : await collectOrDrain(body, limit);
  if (encoding === null) return packed;
  // Out of memory: a packed body that is refused halfway then leaves nothing unread on the connection.
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream(encoding));
  return await collect(unpacked.getReader({ mode: 'byob' }), limit);
}

/**
 * Reads a request's body, counting while it comes in and after decompression. Throws RouterError: too large, an encoding
 * nobody knows, or cut off.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  try {
    return await readBytes(request, limit);
  } catch (cause) {
    if (cause instanceof RouterError) throw cause;
    throw new RouterError(
      'invalid_encoding',
      'The body could not be read to its end. Check its content encoding and length.',
      { param: 'body', cause },
    );
  }
}
