import { and, asc, eq, getTableColumns, gt, gte, isNotNull, or, sql } from 'drizzle-orm';
import type { LedgerPlace } from '../protocol/ledger-place.ts';
import type { Database } from './database.ts';
import { type Level, ledgers, sharedBudgets, teams, usageDaily, usageMonthly, users } from './schema.ts';

/** A shared budget that was made: whose it is, and where. */
export type SharedBudgetRow = typeof sharedBudgets.$inferSelect;

/** What a key has cost a user or a team, as D1 knows it. Integer nano-USD. */
export interface PaidByKey {
  keyId: string;
  /** Where its ledger is; null for none, too. */
  ledgerJurisdiction: LedgerPlace['ledgerJurisdiction'];
  total: number;
  /** By day, from the day on that was asked for. */
  days: Record<string, number>;
}

type Payer = { kind: 'user' | 'team'; name: string };

/** All time is a row a month: of days there may be hundreds, for each model. */
function monthsOf(database: Database, { kind, name }: Payer) {
  return database
    .select({
      keyId: usageMonthly.keyId,
      ledgerJurisdiction: ledgers.jurisdiction,
      total: sql<number>`sum(${usageMonthly.costNanoUsd})`.as('total'),
    })
    .from(usageMonthly)
    .leftJoin(ledgers, eq(ledgers.keyId, usageMonthly.keyId))
    .where(eq(kind === 'user' ? usageMonthly.owner : usageMonthly.team, name))
    .groupBy(usageMonthly.keyId);
}

/** What a user or a team has ever paid for each key. */
export async function totalsByKey(database: Database, payer: Payer): Promise<Map<string, number>> {
  return new Map((await monthsOf(database, payer)).map(({ keyId, total }) => [keyId, total]));
}

/** What a user or a team has paid for each key: all time, and by day since `firstDay`. */
export async function paidByKey(database: Database, payer: Payer, firstDay: string): Promise<PaidByKey[]> {
  const column = payer.kind === 'user' ? usageDaily.owner : usageDaily.team;
  const days = database
    .select({
      keyId: usageDaily.keyId,
      day: usageDaily.day,
      cost: sql<number>`sum(${usageDaily.costNanoUsd})`.as('cost'),
    })
    .from(usageDaily)
    .where(and(eq(column, payer.name), gte(usageDaily.day, firstDay)))
    .groupBy(usageDaily.keyId, usageDaily.day);
  // In one transaction, so that the two are of one moment.
  const [paid, paidByDay] = await database.batch([monthsOf(database, payer), days]);
  const daysOf = Map.groupBy(paidByDay, ({ keyId }) => keyId);
  return paid.map((key) => ({
    ...key,
    days: Object.fromEntries((daysOf.get(key.keyId) ?? []).map(({ day, cost }) => [day, cost])),
  }));
}

/** Makes known that a level has a shared budget, before anything is drawn from it. Answers what it was first made with. */
export async function registerSharedBudget(
  database: Database,
  { id, kind, name }: Pick<Level, 'id' | 'name'> & { kind: 'user' | 'team' },
  { ledgerJurisdiction: jurisdiction, ledgerLocation: location }: NonNullable<Level['place']>,
): Promise<SharedBudgetRow | null> {
  const [, rows] = await database.batch([
    database.insert(sharedBudgets).values({ id, kind, name, jurisdiction, location }).onConflictDoNothing(),
    database.select().from(sharedBudgets).where(eq(sharedBudgets.id, id)),
  ]);
  return rows[0] ?? null;
}

/** What a level's shared budget was made with; null where it has none. */
export async function findSharedBudget(database: Database, id: string): Promise<Level['place']> {
  const [row] = await database.select().from(sharedBudgets).where(eq(sharedBudgets.id, id));
  return row === undefined ? null : { ledgerJurisdiction: row.jurisdiction, ledgerLocation: row.location };
}

function hasBudget(table: typeof users | typeof teams) {
  const { budgetDayUsd, budgetWeekUsd, budgetMonthUsd, budgetTotalUsd } = table;
  return or(...[budgetDayUsd, budgetWeekUsd, budgetMonthUsd, budgetTotalUsd].map((column) => isNotNull(column)));
}

/** The shared budgets behind an id, in the order of their ids: those whose user or team has a budget now. */
export async function listSharedBudgets(database: Database, after: string, limit: number): Promise<SharedBudgetRow[]> {
  return await database
    .select(getTableColumns(sharedBudgets))
    .from(sharedBudgets)
    .leftJoin(users, eq(users.id, sharedBudgets.id))
    .leftJoin(teams, eq(teams.id, sharedBudgets.id))
    .where(and(gt(sharedBudgets.id, after), or(hasBudget(users), hasBudget(teams))))
    .orderBy(asc(sharedBudgets.id))
    .limit(limit);
}
