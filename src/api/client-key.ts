import type { Context, Next } from 'hono';
import type { Endpoint } from '../dialects/dialect.ts';
import { recordRefusedKey } from '../exchange/refused.ts';
import { judgeSecret } from '../ledger/client.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { keyAuth, type RefusedKey } from '../middleware/key-auth.ts';
import { invalidKey } from '../protocol/errors.ts';
import { incomingOf } from './incoming-of.ts';

function record(c: Context<AppEnv>, endpoint: Endpoint | null, { key, keyHash, reason }: RefusedKey): Promise<void> {
  return recordRefusedKey(incomingOf(c, key, keyHash), { endpoint, ask: null, target: null, price: null }, reason);
}

/** Lets known, active keys through to a door; null for what is none. The refusal of a known one leaves a log row. */
export function clientKey(endpoint: Endpoint | null) {
  return keyAuth((c, refused) => record(c, endpoint, refused));
}

/**
 * The same for what does not pass `begin`. What this isolate knows of a key may be seconds old; the ledger has the
 * newest word, so a secret that was just ended opens nothing.
 */
export function confirmedKey(endpoint: Endpoint | null) {
  const known = clientKey(endpoint);
  return (c: Context<AppEnv>, next: Next): Promise<void> =>
    known(c, async () => {
      const { key, keyHash } = c.var;
      const reason = await judgeSecret(c.env, key, keyHash);
      if (reason === null) return next();
      if (reason !== 'unknown') await record(c, endpoint, { kind: 'refused', key, keyHash, reason });
      throw invalidKey();
    });
}
