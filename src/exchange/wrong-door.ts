import { RouterError } from '../protocol/errors.ts';

/** A model that makes embeddings was asked for words, or the other way round. */
export function wrongDoor(name: string, kind: 'chat' | 'embeddings'): RouterError {
  const message =
    kind === 'chat'
      ? `'${name}' makes no embeddings. Ask it at POST /api/v1/chat/completions.`
      : `'${name}' makes embeddings. Ask it at POST /api/v1/embeddings.`;
  return new RouterError('unsupported_model', message, { param: 'model' });
}
