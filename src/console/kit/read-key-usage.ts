import { windowsAt } from '../../ledger/windows.ts';
import { logFault } from '../../log-line.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { openDatabase } from '../../store/database.ts';
import type { ApiKey } from '../../store/schema.ts';
import { spendOfKeys } from '../../store/spend.ts';
import type { KeyUsageState } from './key-usage.tsx';
import type { View } from './view.ts';
import { windowStarts } from './window-starts.ts';

/** The same sums from D1, which may be seconds behind. */
async function usageFromDatabase(env: AppEnv['Bindings'], key: ApiKey, view: View): Promise<KeyUsageState> {
  const spends = await spendOfKeys(openDatabase(env.DB), [key.id], windowStarts(view.now, view.offset));
  const spent = spends.get(key.id) ?? { day: 0, week: 0, month: 0, total: 0 };
  const { day, week, month } = windowsAt(view.now, view.offset).resetAt;
  const iso = (time: number) => new Date(time).toISOString();
  return {
    spent,
    held: null,
    running: null,
    resetAt: { day: iso(day), week: iso(week), month: iso(month), total: null },
  };
}

/** What a key has spent now: as its ledger says, or as D1 does while the ledger does not answer. */
export async function readKeyUsage(env: AppEnv['Bindings'], key: ApiKey, view: View): Promise<KeyUsageState> {
  try {
    const { spent, held, openLeases, resetAt } = await env.KEY_LEDGER.getByName(key.id).state(key);
    return { spent, held, running: openLeases, resetAt: { ...resetAt, total: null } };
  } catch (cause) {
    logFault('ledger_unavailable', cause, { key_id: key.id });
    return await usageFromDatabase(env, key, view);
  }
}
