import { type KeptLight, readLight } from '../../ledger/light.ts';
import { type Tightest, tightestBudget } from '../../ledger/tightest-budget.ts';
import { offsetMs, windowStarts, windowsAt } from '../../ledger/windows.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import type { Offered } from '../../offer/offered.ts';
import { requestIdFloor } from '../../protocol/request-id.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { groupedSpend, keyLabels, spendOfDays } from '../../store/grouped-spend.ts';
import {
  type FirstTokenTimes,
  firstTokenTimes,
  type HourlyTraffic,
  hourlyTraffic,
  type ProviderTraffic,
  providerTraffic,
  type WindowSpend,
} from '../../store/overview.ts';
import { type BudgetedKey, nearestBudgets } from '../../store/spend.ts';
import type { View } from '../kit/view.ts';
import { type Asked, paceOf } from './overview-range.ts';
import type { PeriodData } from './period.tsx';

const HOUR_MS = 3_600_000;
/** Days of a key's spend chart. */
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
  /** What this month comes to if it goes on as it began, integer nano-USD. */
  pace: number | null;
  period: PeriodData;
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

/** The days that were asked for and those before them. */
export async function readPeriod(database: Database, asked: Asked): Promise<PeriodData> {
  const [days, before] = await Promise.all([
    groupedSpend(database, asked.by, asked.span),
    groupedSpend(database, asked.by, asked.before),
  ]);
  const labels = [...new Set([...days, ...before].flatMap(({ label }) => label ?? []))];
  const names = asked.by === 'key' ? await keyLabels(database, labels) : new Map<string, string>();
  return { asked, days, daysBefore: before, names };
}

/** What was spent in the running windows, and what the month comes to at this pace. */
async function readSpend(database: Database, { now, offset }: View): Promise<Pick<OverviewData, 'spend' | 'pace'>> {
  const { day, weekStart, monthStart, resetAt } = windowsAt(now, offset);
  // A week can begin before its month does.
  const [from = monthStart] = [weekStart, monthStart].toSorted();
  const days = await spendOfDays(database, { from, to: day });
  const since = (first: string) => days.reduce((sum, row) => (row.day >= first ? sum + row.costNanoUsd : sum), 0);
  const began = Date.parse(monthStart) - offsetMs(offset);
  const month = since(monthStart);
  return {
    spend: { day: since(day), week: since(weekStart), month },
    pace: paceOf(month, now - began, resetAt.month - began),
  };
}

/** All that the overview shows. */
export async function readOverview(
  env: AppEnv['Bindings'],
  offered: Offered,
  view: View,
  asked: Asked,
): Promise<OverviewData> {
  const database = openDatabase(env.DB);
  const starts = windowStarts(view.now, view.offset);
  const lastDay = requestIdFloor(view.now - 24 * HOUR_MS);
  const [spend, period, hours, firstToken, budgeted, traffic, ledger] = await Promise.all([
    readSpend(database, view),
    readPeriod(database, asked),
    hourlyTraffic(database, lastDay, offsetMs(view.offset) / 60_000),
    firstTokenTimes(database, lastDay),
    nearestBudgets(database, starts, SHOWN_BUDGETS),
    providerTraffic(database, requestIdFloor(view.now - HOUR_MS)),
    readLight(database),
  ]);
  const providers = providerLines(offered, traffic);
  return {
    ...spend,
    period,
    hours,
    firstToken,
    budgets: withTightest(budgeted),
    providers,
    ledger,
  };
}
