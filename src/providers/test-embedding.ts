import type { EmbeddingRequest } from '../protocol/embeddings.ts';
import { countWords } from './test-words.ts';

const USUAL_DIMENSIONS = 8;

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}

/** The same number between -1 and 1 for the same text and place: its hash and the place, stirred. */
function numberAt(hash: number, place: number): number {
  let mixed = Math.imul(hash ^ Math.imul(place + 1, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  return ((mixed >>> 0) / 0xffffffff) * 2 - 1;
}

/** The text is read once, however many numbers are asked for: it may be ten megabytes long. */
function vectorOf(text: string, dimensions: number): number[] {
  const hash = hashOf(text);
  const raw = Array.from({ length: dimensions }, (_, place) => numberAt(hash, place));
  const length = Math.hypot(...raw) || 1;
  return raw.map((value) => value / length);
}

/** The test provider's embeddings: unit vectors, the same for the same text; a word is a token. */
export async function embedTest({ dimensions = USUAL_DIMENSIONS, input, model }: EmbeddingRequest): Promise<Response> {
  const tokens = input.reduce((sum, text) => sum + countWords(text), 0);
  return Response.json({
    object: 'list',
    model,
    data: input.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text, dimensions) })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}
