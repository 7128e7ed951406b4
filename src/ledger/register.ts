import { waitUntil } from 'cloudflare:workers';
import { readConfig } from '../config.ts';
import { inTime } from '../in-time.ts';
import { setBounded } from '../keys/key-memory.ts';
import { learnKey } from '../keys/refresh-key.ts';
import { hasLedger, type LedgerPlace } from '../protocol/ledger-place.ts';
import { openDatabase } from '../store/database.ts';
import { registerLedger } from '../store/ledgers.ts';
import type { ApiKey } from '../store/schema.ts';

/*
 * A ledger is made known before it is first asked: what sweeps, checks and tells of changes goes by D1's table, and calls
 * no other. Once a key; then the key's record says so.
 */

// D1 stalls for seconds now and then.
const DATABASE_TIMEOUT_MS = 2_000;

// One isolate's; never the truth. Records of keys that were read before say nothing of a ledger for some seconds more.
const known = new Map<string, LedgerPlace>();

/** The key as its record has it, with the ledger that this isolate knows of. No I/O. */
export function withKnownLedger(key: ApiKey): ApiKey {
  return hasLedger(key) ? key : { ...key, ...known.get(key.id) };
}

async function register(env: Cloudflare.Env, key: ApiKey): Promise<ApiKey> {
  const { ledgerJurisdiction, ledgerLocation } = readConfig(env);
  const readAt = Date.now();
  const address = { id: key.id, ledgerJurisdiction, ledgerLocation };
  const fresh = await inTime(DATABASE_TIMEOUT_MS, registerLedger(openDatabase(env.DB), address));
  // Its row is gone from D1, and what the isolate knows of it holds for a minute.
  if (fresh === null) return key;
  const { ledgerSince, ledgerJurisdiction: jurisdiction, ledgerLocation: location } = fresh;
  setBounded(known, key.id, { ledgerSince, ledgerJurisdiction: jurisdiction, ledgerLocation: location });
  waitUntil(learnKey(env, fresh, readAt));
  return fresh;
}

/**
 * A key whose ledger is known: at its first request made so, and read again with all changes that the ledger was not
 * told of. Rejects when D1 fails.
 */
export async function registered(env: Cloudflare.Env, given: ApiKey): Promise<ApiKey> {
  const key = withKnownLedger(given);
  return hasLedger(key) ? key : await register(env, key);
}
