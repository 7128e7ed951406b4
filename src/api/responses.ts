import { type Context, Hono } from 'hono';
import { responsesDialect } from '../dialects/responses/responses.ts';
import { countTokens } from '../exchange/count-tokens.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { RouterError } from '../protocol/errors.ts';
import { clientKey, confirmedKey } from './client-key.ts';
import { door } from './door.ts';
import { incomingOf } from './incoming-of.ts';

/** For all that would need a response to have been kept. */
function notKept(): never {
  throw new RouterError(
    'response_not_found',
    'This router keeps no responses: send the whole input with store: false.',
  );
}

/** Codex tries a web socket first where it is told to; after a 426 it posts. */
function refuseSocket(c: Context<AppEnv>): Response {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return methodNotAllowed('POST', 'OPTIONS')(c);
  throw new RouterError('upgrade_required', 'This router speaks Responses over HTTP alone. Use POST.');
}

/** `POST /responses` and `POST /responses/input_tokens`, OpenAI's, without kept state. */
export const responses = new Hono<AppEnv>()
  .post('/responses', clientKey('responses'), door(responsesDialect))
  .post('/responses/input_tokens', confirmedKey('responses'), async (c) => {
    const counted = await countTokens(incomingOf(c, c.var.key, c.var.keyHash), responsesDialect);
    return c.json({ object: 'response.input_tokens', input_tokens: counted });
  })
  .all('/responses/input_tokens', methodNotAllowed('POST', 'OPTIONS'))
  .all('/responses', refuseSocket)
  .use('/responses/*', confirmedKey('responses'))
  .all('/responses/*', notKept);
