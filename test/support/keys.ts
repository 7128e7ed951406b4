import { env } from 'cloudflare:workers';
import { keyId, newSecret } from '../../src/keys/secret.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createKey, type KeySettings } from '../../src/store/keys.ts';
import { registerLedger } from '../../src/store/ledgers.ts';
import type { ApiKey } from '../../src/store/schema.ts';

/** A new key of a new person, in D1 as the CLI would put it there. */
export async function makeKey(settings: KeySettings = {}): Promise<{ secret: string; key: ApiKey }> {
  const { secret, ...stored } = await newSecret('sk');
  const id = keyId(Date.now());
  const key = await createKey(
    openDatabase(env.DB),
    { id, owner: `user-${id.slice(-8)}`, ...stored, ...settings },
    'cli',
  );
  if (key === null) throw new Error('The id is taken.');
  return { secret, key };
}

/** The same for a key whose first request has made its ledger known. */
export async function makeUsedKey(settings: KeySettings = {}): Promise<{ secret: string; key: ApiKey }> {
  const { key, secret } = await makeKey(settings);
  const used = await registerLedger(openDatabase(env.DB), key);
  if (used === null) throw new Error('The key is gone.');
  return { key: used, secret };
}

/** The secret with a slip of the hand in its last character. */
export function mistyped(secret: string): string {
  return secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0');
}
