import { type KeptLight, readLight } from '../../ledger/light.ts';
import { type Tightest, tightestBudget } from '../../ledger/tightest-budget.ts';
import { daysBefore, offsetMs, windowStarts } from '../../ledger/windows.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import type { Offered } from '../../offer/offered.ts';
import { requestIdFloor } from '../../protocol/request-id.ts';
import { openDatabase } from '../../store/database.ts';
import {
  type DailySpend,
  dailySpendOfAll,
  type FirstTokenTimes,
  firstTokenTimes,
  type HourlyTraffic,
  hourlyTraffic,
  type ProviderTraffic,
  providerTraffic,
  type WindowSpend,
  windowSpend,
} from '../../store/overview.ts';
import { type BudgetedKey, nearestBudgets } from '../../store/spend.ts';
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

function withTightest(keys: readonly BudgetedKey[]) {
  return keys.flatMap((key) => {
    const tightest = tightestBudget(key, key);
    return tightest === null ? [] : [{ ...key, tightest }];
  });
}

/** All that the overview shows. */
export async function readOverview(env: AppEnv['Bindings'], offered: Offered, view: View): Promise<OverviewData> {
  const database = openDatabase(env.DB);
  const starts = windowStarts(view.now, view.offset);
  const lastDay = requestIdFloor(view.now - 24 * HOUR_MS);
  const chartFrom = daysBefore(starts.day, CHART_DAYS - 1);
  // A month is longer than the chart on its last day, and a week can begin before its month does.
  const [first = chartFrom] = [chartFrom, starts.week, starts.month].toSorted();
  const [days, hours, firstToken, budgeted, traffic, ledger] = await Promise.all([
    dailySpendOfAll(database, first),
    hourlyTraffic(database, lastDay, offsetMs(view.offset) / 60_000),
    firstTokenTimes(database, lastDay),
    nearestBudgets(database, starts, SHOWN_BUDGETS),
    providerTraffic(database, requestIdFloor(view.now - HOUR_MS)),
    readLight(database),
  ]);
  const providers = providerLines(offered, traffic);
  return {
    spend: windowSpend(days, starts),
    days: days.filter(({ day }) => day >= chartFrom),
    hours,
    firstToken,
    budgets: withTightest(budgeted),
    providers,
    ledger,
  };
}
