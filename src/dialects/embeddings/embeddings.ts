import { errorBody } from '../../protocol/errors.ts';
import type { Door } from '../dialect.ts';

/** OpenAI's Embeddings: no conversation, and nothing to stream. */
export const embeddingsDoor: Door = {
  endpoint: 'embeddings',
  error: (error) => ({ status: error.status, headers: {}, body: errorBody(error) }),
  tellsInStream: () => false,
  headers: () => ({}),
};
