import { type KeptLight, readLight } from '../../ledger/light.ts';
import { type Tightest, tightestBudget } from '../../ledger/tightest-budget.ts';
import { daysBefore, offsetMs, windowStarts } from '../../ledger/windows.ts';
import { logFault } from '../../log-line.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import type { Offered } from '../../offer/offered.ts';
import { requestIdFloor } from '../../protocol/request-id.ts';
import { openDatabase } from '../../store/database.ts';
import {
  type DailySpend,
  dailySpend,
  type FirstTokenTimes,
  firstTokenTimes,
  type HourlyTraffic,
  hourlyTraffic,
  type ProviderTraffic,
  providerTraffic,
  type WindowSpend,
  windowSpend,
} from '../../store/overview.ts';
import { type BudgetedKey, budgetedKeys } from '../../store/spend.ts';
import type { View } from '../kit/view.ts';

const HOUR_MS = 3_600_000;
/** Days of the spend chart. */
export const CHART_DAYS = 30;
const SHOWN_BUDGETS = 6;

type ProviderState = 'off' | 'quiet' | 'ok' | 'failing';

export interface ProviderLine {
  id: string;
  name: string;
  state: ProviderState;
  traffic: ProviderTraffic | null;
}

export interface OverviewData {
  spend: WindowSpend;
  days: DailySpend[];
  hours: HourlyTraffic[];
  firstToken: FirstTokenTimes;
  budgets: (BudgetedKey & { tightest: Tightest })[];
  providers: ProviderLine[];
  /** Null where nothing has been checked yet, or nobody can say. */
  ledger: KeptLight | null;
}

function stateOf(configured: boolean, traffic: ProviderTraffic | null): ProviderState {
  if (!configured) return 'off';
  if (traffic === null) return 'quiet';
  // One failure among many is a provider's ordinary day.
  return traffic.failures * 10 > traffic.requests ? 'failing' : 'ok';
}

function providerLines({ all, providers }: Offered, traffic: ProviderTraffic[]): ProviderLine[] {
  return all.map(({ provider: { id, name } }) => {
    const ofProvider = traffic.find((line) => line.provider === id) ?? null;
    return { id, name, state: stateOf(providers.has(id), ofProvider), traffic: ofProvider };
  });
}

/** The keys whose next refusal is nearest, nearest first. */
function nearest(keys: readonly BudgetedKey[]) {
  return keys
    .flatMap((key) => {
      const tightest = tightestBudget(key, key);
      return tightest === null ? [] : [{ ...key, tightest }];
    })
    .sort((one, other) => other.tightest.share - one.tightest.share)
    .slice(0, SHOWN_BUDGETS);
}

async function lastLight(cache: KVNamespace): Promise<KeptLight | null> {
  try {
    return await readLight(cache);
  } catch (cause) {
    logFault('ledger_light_failed', cause);
    return null;
  }
}

/** All that the overview shows. */
export async function readOverview(env: AppEnv['Bindings'], offered: Offered, view: View): Promise<OverviewData> {
  const database = openDatabase(env.DB);
  const starts = windowStarts(view.now, view.offset);
  const lastDay = requestIdFloor(view.now - 24 * HOUR_MS);
  const [spend, days, hours, firstToken, budgeted, traffic, ledger] = await Promise.all([
    windowSpend(database, starts),
    dailySpend(database, daysBefore(starts.day, CHART_DAYS - 1), {}),
    hourlyTraffic(database, lastDay, offsetMs(view.offset) / 60_000),
    firstTokenTimes(database, lastDay),
    budgetedKeys(database, starts),
    providerTraffic(database, requestIdFloor(view.now - HOUR_MS)),
    lastLight(env.KEY_CACHE),
  ]);
  const providers = providerLines(offered, traffic);
  return { spend, days, hours, firstToken, budgets: nearest(budgeted), providers, ledger };
}
