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

type BodyReader = ReadableStreamDefaultReader<Uint8Array>;

async function collect(reader: BodyReader, limit: number): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return pieces;
    length += value.length;
    if (length > limit) throw tooLarge(limit);
    pieces.push(value);
  }
}

/** Reads to the end, and keeps nothing of it. */
async function drain(reader: BodyReader): Promise<void> {
  let ended = false;
  while (!ended) ended = (await reader.read()).done;
}

/**
 * Collects a body, and takes the rest of one that is refused off the connection. Answered in the middle of it,
 * a sender may see a broken connection in place of the answer, and older dev servers of wrangler (4.124.0) end themselves.
 */
async function collectOrDrain(reader: BodyReader, limit: number): Promise<Uint8Array[]> {
  try {
    return await collect(reader, limit);
  } catch (cause) {
    await atMost(LONGEST_DRAIN_MS, drain(reader));
    throw cause;
  }
}

/** The whole body before its content encoding, in pieces. */
async function readPieces(request: Request, limit: number): Promise<Uint8Array[]> {
  const { body } = request;
  if (body === null) return [];
  const encoding = encodingOf(request);
  // The runtime lets no more bytes through than the length says, and reads them at once for a third of the cost.
  const length = Number(request.headers.get('content-length') ?? Number.NaN);
  const pieces = length <= limit ? [await request.bytes()] : await collectOrDrain(body.getReader(), limit);
  if (encoding === null) return pieces;
  // Out of memory: a packed body that is refused halfway then leaves nothing unread on the connection.
  const unpacked = new Blob(pieces).stream().pipeThrough(new DecompressionStream(encoding));
  return await collect(unpacked.getReader(), limit);
}

/**
 * Reads a request's body as text, counting while it comes in and after decompression.
 * Throws RouterError: too large, not UTF-8, an encoding nobody knows, or cut off.
 */
export async function readBody(request: Request, limit: number): Promise<string> {
  let pieces: Uint8Array[];
  try {
    pieces = await readPieces(request, limit);
  } catch (cause) {
    if (cause instanceof RouterError) throw cause;
    throw new RouterError(
      'invalid_encoding',
      'The body could not be read to its end. Check its content encoding and length.',
      { param: 'body', cause },
    );
  }
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  try {
    const text = pieces.map((piece) => decoder.decode(piece, { stream: true })).join('');
    return text + decoder.decode();
  } catch (cause) {
    throw new RouterError('invalid_encoding', 'The body is not valid UTF-8. Encode it as UTF-8.', {
      param: 'body',
      cause,
    });
  }
}
