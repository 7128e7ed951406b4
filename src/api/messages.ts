import { Hono } from 'hono';
import { messagesDialect } from '../dialects/messages/messages.ts';
import { countTokens } from '../exchange/count-tokens.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { clientKey, confirmedKey } from './client-key.ts';
import { door } from './door.ts';
import { incomingOf } from './incoming-of.ts';

/** `POST /messages` and `POST /messages/count_tokens`, Anthropic's. */
export const messages = new Hono<AppEnv>()
  .post('/messages', clientKey('messages'), door(messagesDialect))
  .post('/messages/count_tokens', confirmedKey('messages'), async (c) => {
    const counted = await countTokens(incomingOf(c, c.var.key, c.var.keyHash), messagesDialect);
    return c.json({ input_tokens: counted }, 200, { ...messagesDialect.headers(c.var.requestId) });
  })
  .all('/messages', methodNotAllowed('POST', 'OPTIONS'))
  .all('/messages/count_tokens', methodNotAllowed('POST', 'OPTIONS'));
