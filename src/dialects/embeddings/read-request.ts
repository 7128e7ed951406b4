import { MOST_DIMENSIONS } from '../../protocol/bounds.ts';
import type { ChatRequest } from '../../protocol/chat.ts';
import { RouterError } from '../../protocol/errors.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { checkRequest } from '../chat/read-request.ts';

/** An embeddings request, as far as the router reads it. */
export interface EmbeddingsRequest {
  /** The texts as a user's message, so that they are counted and held for as any input. */
  request: ChatRequest;
  inputs: readonly string[];
  dimensions: number | null;
  /** OpenAI's SDKs ask for `base64` unless they are told otherwise. */
  encoding: 'float' | 'base64';
}

function wrong(param: string, why: string): RouterError {
  return new RouterError('invalid_value', `'${param}' ${why}.`, { param });
}

function readInputs(input: unknown): string[] {
  if (typeof input === 'string' && input !== '') return [input];
  if (!Array.isArray(input) || input.length === 0) {
    throw new RouterError('missing_input', "The body has no 'input'. Send a text, or a list of texts.", {
      param: 'input',
    });
  }
  const texts = input.filter((each: unknown) => typeof each === 'string' && each !== '');
  if (texts.length === input.length) return texts;
  throw wrong('input', 'must be a text or a list of texts that are not empty; lists of tokens are not taken');
}

function readDimensions(dimensions: unknown): number | null {
  if (dimensions === undefined || dimensions === null) return null;
  const isCount = typeof dimensions === 'number' && Number.isInteger(dimensions) && dimensions > 0;
  if (isCount && dimensions <= MOST_DIMENSIONS) return dimensions;
  throw wrong('dimensions', `must be a whole number from 1 to ${MOST_DIMENSIONS}`);
}

function readEncoding(encoding: unknown): 'float' | 'base64' {
  if (encoding === undefined || encoding === null || encoding === 'float') return 'float';
  if (encoding === 'base64') return encoding;
  throw wrong('encoding_format', 'must be float or base64');
}

/** Reads a request of OpenAI's Embeddings. Throws RouterError with `param` for what cannot be served. */
export function readEmbeddingsRequest(body: JsonObject): EmbeddingsRequest {
  const inputs = readInputs(body['input']);
  const dimensions = readDimensions(body['dimensions']);
  const encoding = readEncoding(body['encoding_format']);
  const request = checkRequest({ model: body['model'], messages: [{ role: 'user', content: inputs.join('\n') }] });
  return { request, inputs, dimensions, encoding };
}
