import { Hono } from 'hono';
import { version } from '../../package.json';
import { settleNow } from '../ledger/sweep.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { internalAuth } from '../middleware/internal-auth.ts';
import { knownOffered } from '../offer/read-offered.ts';
import { cursorShape, readQuery } from './internal/input.ts';

/** For monitors: `GET /worker/ping` does no I/O, `POST /worker/settle` runs the settlement sweep now. */
export const worker = new Hono<AppEnv>()
  .get('/ping', (c) => {
    const { providers } = knownOffered(c.env);
    return c.json({ status: 'ok', version, providers: [...providers.keys()] });
  })
  .all('/ping', methodNotAllowed('GET'))
  .post('/settle', internalAuth, async (c) => {
    const { cursor } = readQuery(c, cursorShape);
    const { flushed, pending, nextCursor } = await settleNow(c.env, cursor);
    return c.json({ flushed, pending, next_cursor: nextCursor });
  })
  .all('/settle', internalAuth, methodNotAllowed('POST'));
