import { Hono } from 'hono';
import { serveEmbeddings } from '../exchange/embed.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { clientKey } from './client-key.ts';
import { incomingOf } from './incoming-of.ts';

/** `POST /embeddings`. */
export const embeddings = new Hono<AppEnv>()
  .post('/embeddings', clientKey('embeddings'), (c) => serveEmbeddings(incomingOf(c, c.var.key, c.var.keyHash)))
  .all('/embeddings', methodNotAllowed('POST', 'OPTIONS'));
