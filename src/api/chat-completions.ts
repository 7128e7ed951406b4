import { Hono } from 'hono';
import { chatDialect } from '../dialects/chat/chat.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { clientKey } from './client-key.ts';
import { door } from './door.ts';

/** `POST /chat/completions`. */
export const chatCompletions = new Hono<AppEnv>()
  .post('/chat/completions', clientKey('chat'), door(chatDialect))
  .all('/chat/completions', methodNotAllowed('POST', 'OPTIONS'));
