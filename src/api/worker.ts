import { Hono } from 'hono';
import { version } from '../../package.json';
import { settleNow } from '../ledger/sweep.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { internalAuth } from '../middleware/internal-auth.ts';
import { knownOffered } from '../offer/read-offered.ts';

/** For monitors: `GET /worker/ping` does no I/O, `POST /worker/settle` runs the settlement sweep now. */
export const worker = new Hono<AppEnv>()
  .get('/ping', (c) => {
    const { providers } = knownOffered(c.env);
    return c.json({ status: 'ok', version, providers: [...providers.keys()] });
  })
  .all('/ping', methodNotAllowed('GET'))
  .post('/settle', internalAuth, async (c) => c.json(await settleNow(c.env)))
  .all('/settle', internalAuth, methodNotAllowed('POST'));
