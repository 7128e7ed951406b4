import type { JsonObject } from '../../protocol/json.ts';
import type { Usage } from '../../protocol/usage.ts';

/** Little-endian float32, as OpenAI's SDKs read it. */
function toBase64(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [position, value] of vector.entries()) view.setFloat32(position * 4, value, true);
  let binary = '';
  for (let offset = 0; offset < view.byteLength; offset += 1) binary += String.fromCharCode(view.getUint8(offset));
  return btoa(binary);
}

/** Vectors in the order of their inputs, as OpenAI's clients read them. */
export function printEmbeddings(
  vectors: readonly (readonly number[])[],
  encoding: 'float' | 'base64',
  model: string,
  usage: Usage,
): JsonObject {
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? toBase64(vector) : vector,
    })),
    model,
    usage: { prompt_tokens: usage.inputTokens, total_tokens: usage.inputTokens },
  };
}
