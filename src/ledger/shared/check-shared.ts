import { type Ledgers, ledgerOf } from '../../keys/ledger-of.ts';
import { logFault } from '../../log-line.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { sumsOfKeys } from '../../store/key-sums.ts';
import { listSharedBudgets, type SharedBudgetRow, totalsByKey } from '../../store/shared-budgets.ts';
import { inParallel } from '../in-parallel.ts';
import type { LedgerSums } from '../key-ledger.ts';
import type { LevelKind } from './calls.ts';
import type { BudgetSums } from './shared-budget.ts';

/** Where shared budgets and ledgers are, and D1's sums. */
export interface SharedCheckPlaces {
  DB: D1Database;
  SHARED_BUDGET: Ledgers<{ check(): Promise<BudgetSums> }>;
  KEY_LEDGER: Ledgers<{ sums(): Promise<LedgerSums> }>;
}

/** A user's or a team's sums, by its shared budget and in D1. Money is integer nano-USD. */
export interface SharedCheckRow {
  level: LevelKind;
  name: string;
  shared_nano_usd: number;
  daily_nano_usd: number;
  /** What its keys may still spend without asking. */
  reserved_nano_usd: number;
  /** Rows that D1 is not known to have, of the key that differs most. */
  outbox: number;
}

/** Some of the shared budgets, in the order of their ids. */
export interface SharedCheck {
  data: SharedCheckRow[];
  /** Where the next slice begins; null for the last one. */
  nextCursor: string | null;
  /** Those that did not answer, or a ledger of theirs; they are in no row. */
  unanswered: string[];
}

/** An invocation is to make 500 calls at most: a look at one budget takes two to four, and those that differ get a second. */
const BUDGETS_A_SLICE = 30;
const BUDGETS = 'budgets/';

/** A walk over all keys goes on with the budgets of users and teams: the cursor for those behind an id, '' for the first. */
export function budgetsCursor(id: string): string {
  return `${BUDGETS}${id}`;
}

/** The id behind which a walk over all keys is among the budgets; null while it is among the keys. */
export function budgetsBehind(cursor: string | null): string | null {
  return cursor?.startsWith(BUDGETS) ? cursor.slice(BUDGETS.length) : null;
}

/** Whether the two are one. */
export function sharesAgree(row: SharedCheckRow): boolean {
  return row.shared_nano_usd === row.daily_nano_usd;
}

/** The key whose two sums are farthest apart. */
function mostDiffering({ totals }: BudgetSums, paid: ReadonlyMap<string, number>): string {
  const apart = (keyId: string) => Math.abs((totals[keyId] ?? 0) - (paid.get(keyId) ?? 0));
  const keyIds = [...new Set([...Object.keys(totals), ...paid.keys()])];
  return keyIds.toSorted((one, other) => apart(other) - apart(one))[0] ?? '';
}

/** How many rows of a key D1 is not known to have; a key without a ledger has none. */
async function unsentRows(places: SharedCheckPlaces, database: Database, keyId: string): Promise<number> {
  const [key] = await sumsOfKeys(database, [keyId]);
  if (key === undefined || key.ledger === null) return 0;
  return (await ledgerOf(places.KEY_LEDGER, key.ledger).sums()).outbox;
}

async function look(places: SharedCheckPlaces, database: Database, budget: SharedBudgetRow): Promise<SharedCheckRow> {
  const { id, jurisdiction, kind, location, name } = budget;
  const place = { ledgerJurisdiction: jurisdiction, ledgerLocation: location };
  const sums = await ledgerOf(places.SHARED_BUDGET, { id, ...place }).check();
  const paid = await totalsByKey(database, { kind, name });
  const total = (costs: Iterable<number>) => [...costs].reduce((sum, cost) => sum + cost, 0);
  const row = {
    ...{ level: kind, name },
    shared_nano_usd: total(Object.values(sums.totals)),
    daily_nano_usd: total(paid.values()),
    reserved_nano_usd: sums.reserved,
    outbox: 0,
  };
  if (sharesAgree(row)) return row;
  return { ...row, outbox: await unsentRows(places, database, mostDiffering(sums, paid)) };
}

/**
 * A row that comes to D1 between the reading of one sum and of the other makes them differ for a moment: what no row on
 * its way explains is looked at once more. Null where somebody does not answer.
 */
async function lookTwice(
  places: SharedCheckPlaces,
  database: Database,
  budget: SharedBudgetRow,
): Promise<SharedCheckRow | null> {
  try {
    const row = await look(places, database, budget);
    return sharesAgree(row) || row.outbox > 0 ? row : await look(places, database, budget);
  } catch (cause) {
    logFault('shared_budget_unavailable', cause, { of: budget.name });
    return null;
  }
}

/**
 * Compares shared budgets behind an id with D1, some at a time. Each asks the ledgers that D1's sums do not bear out
 * before it answers. One that nobody has a budget for any more rests.
 */
export async function checkShared(
  places: SharedCheckPlaces,
  after: string,
  limit: number = BUDGETS_A_SLICE,
): Promise<SharedCheck> {
  const database = openDatabase(places.DB);
  const budgets = await listSharedBudgets(database, after, limit + 1);
  const some = budgets.slice(0, limit);
  const looked = await inParallel(some, async (budget) => ({ budget, row: await lookTwice(places, database, budget) }));
  return {
    data: looked.flatMap(({ row }) => row ?? []),
    nextCursor: budgets.length > limit ? (some.at(-1)?.id ?? null) : null,
    unanswered: looked.flatMap(({ budget, row }) => (row === null ? [`${budget.kind} ${budget.name}`] : [])),
  };
}
