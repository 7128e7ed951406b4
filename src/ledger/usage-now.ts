import { ledgerOf } from '../keys/ledger-of.ts';
import { logFault } from '../log-line.ts';
import { hasLedger } from '../protocol/ledger-place.ts';
import { openDatabase } from '../store/database.ts';
import type { ApiKey } from '../store/schema.ts';
import { spendOfKeys } from '../store/spend.ts';
import type { CheckPlaces } from './check.ts';
import type { KeyLedger } from './key-ledger.ts';
import { withKnownLedger } from './register.ts';
import { type Window, windowStarts, windowsAt } from './windows.ts';

/** What a key has spent now. */
export interface UsageNow {
  /** Integer nano-USD, settled. */
  spent: Record<Window, number>;
  /** Integer nano-USD set aside for running requests; null where only D1 answered. */
  held: number | null;
  running: number | null;
  /** ISO UTC; null for a window that does not end. */
  resetAt: Record<Window, string | null>;
  /** The middle of how long the ledger took to answer its last hundred requests, in ms; null where it did not tell. */
  beginMs: number | null;
}

/** The same sums from D1, which may be seconds behind. */
async function usageInDatabase(binding: D1Database, key: ApiKey, now: number, offset: string): Promise<UsageNow> {
  const spends = await spendOfKeys(openDatabase(binding), [key.id], windowStarts(now, offset));
  const spent = spends.get(key.id) ?? { day: 0, week: 0, month: 0, total: 0 };
  const { day, week, month } = windowsAt(now, offset).resetAt;
  const iso = (time: number) => new Date(time).toISOString();
  return {
    spent,
    held: null,
    running: null,
    beginMs: null,
    resetAt: { day: iso(day), week: iso(week), month: iso(month), total: null },
  };
}

/** How many requests of each of these keys are running, by id; null where its ledger does not answer. Each is a call. */
export async function runningNow(
  places: Pick<CheckPlaces, 'KEY_LEDGER'>,
  keys: readonly ApiKey[],
): Promise<Map<string, number | null>> {
  const running = await Promise.all(
    keys.map(withKnownLedger).map(async (key) => {
      if (!hasLedger(key)) return 0;
      try {
        const { openLeases } = await ledgerOf<DurableObjectStub<KeyLedger>>(places.KEY_LEDGER, key).sums();
        return openLeases;
      } catch (cause) {
        logFault('ledger_unavailable', cause, { key_id: key.id });
        return null;
      }
    }),
  );
  return new Map(keys.map(({ id }, index) => [id, running[index] ?? null]));
}

/**
 * What a key has spent now: as its ledger says, or as D1 does while the ledger does not answer, or was never made. It is
 * not made by whoever only looks.
 * `now` is ms since 1970, `offset` such as +08:00.
 */
export async function readUsageNow(places: CheckPlaces, given: ApiKey, now: number, offset: string): Promise<UsageNow> {
  const key = withKnownLedger(given);
  if (!hasLedger(key)) return { ...(await usageInDatabase(places.DB, key, now, offset)), held: 0, running: 0 };
  try {
    const ledger = ledgerOf<DurableObjectStub<KeyLedger>>(places.KEY_LEDGER, key);
    // An object may run the version before for some minutes.
    const { beginMs = null, spent, held, openLeases, resetAt } = await ledger.state(key);
    return { spent, held, running: openLeases, resetAt: { ...resetAt, total: null }, beginMs };
  } catch (cause) {
    logFault('ledger_unavailable', cause, { key_id: key.id });
    return await usageInDatabase(places.DB, key, now, offset);
  }
}
