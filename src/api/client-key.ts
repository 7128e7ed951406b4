import type { Context, Next } from 'hono';
import { recordRefusedKey } from '../exchange/record-refusal.ts';
import { judgeSecret } from '../ledger/client.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { INVALID_KEY, keyAuth } from '../middleware/key-auth.ts';
import { RouterError } from '../protocol/errors.ts';

/** Lets known, active keys through. The refusal of a known one leaves a log row, whatever was asked for. */
export const clientKey = keyAuth(recordRefusedKey);

/**
 * The same for what does not pass `begin`. What this isolate knows of a key may be seconds old; the ledger has the
 * newest word, so a secret that was just ended opens nothing.
 */
export function confirmedKey(c: Context<AppEnv>, next: Next): Promise<void> {
  return clientKey(c, async () => {
    const { key, keyHash } = c.var;
    const reason = await judgeSecret(c.env, key, keyHash);
    if (reason === null) return next();
    if (reason !== 'unknown') await recordRefusedKey(c, { kind: 'refused', key, keyHash, reason });
    throw new RouterError('invalid_api_key', INVALID_KEY);
  });
}
