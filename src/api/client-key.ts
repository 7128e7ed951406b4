import type { Context, Next } from 'hono';
import type { Endpoint } from '../dialects/dialect.ts';
import { recordRefusedKey } from '../exchange/record-refusal.ts';
import { NOTHING_SEEN } from '../exchange/unserved.ts';
import { judgeSecret } from '../ledger/client.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { INVALID_KEY, keyAuth } from '../middleware/key-auth.ts';
import { RouterError } from '../protocol/errors.ts';

/** Lets known, active keys through to a door; null for what is none. The refusal of a known one leaves a log row. */
export function clientKey(endpoint: Endpoint | null) {
  return keyAuth((c, refused) => recordRefusedKey(c, { ...NOTHING_SEEN, endpoint }, refused));
}

const anyKey = clientKey(null);

/**
 * The same for what does not pass `begin`. What this isolate knows of a key may be seconds old; the ledger has the
 * newest word, so a secret that was just ended opens nothing.
 */
export function confirmedKey(c: Context<AppEnv>, next: Next): Promise<void> {
  return anyKey(c, async () => {
    const { key, keyHash } = c.var;
    const reason = await judgeSecret(c.env, key, keyHash);
    if (reason === null) return next();
    if (reason !== 'unknown') await recordRefusedKey(c, NOTHING_SEEN, { kind: 'refused', key, keyHash, reason });
    throw new RouterError('invalid_api_key', INVALID_KEY);
  });
}
