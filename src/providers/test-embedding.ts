import type { EmbeddingRequest } from '../protocol/embeddings.ts';
import { countWords } from './test-words.ts';

const USUAL_DIMENSIONS = 8;

/** The same number between -1 and 1 for the same text and place. FNV-1a, stirred. */
function numberAt(text: string, place: number): number {
  let hash = 0x811c9dc5 ^ place;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash >>> 0) / 0xffffffff) * 2 - 1;
}

function vectorOf(text: string, dimensions: number): number[] {
  const raw = Array.from({ length: dimensions }, (_, place) => numberAt(text, place));
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
