import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import type { Database } from '../store/database.ts';
import { keep, readKept } from '../store/deployment.ts';
import { listSharedBudgets } from '../store/shared-budgets.ts';
import { agrees, type CheckPlaces, type LedgerCheck, type LedgerCheckRow, repairLedgers } from './check.ts';
import {
  budgetsBehind,
  budgetsCursor,
  checkShared,
  type SharedCheck,
  type SharedCheckPlaces,
  type SharedCheckRow,
  sharesAgree,
} from './shared/check-shared.ts';

/*
 * A comparison of all ledgers, and then of all shared budgets, goes in rounds of slices, and where it is stands in D1:
 * whoever only wants to see that all is well asks nobody.
 */

const LIGHTS = ['ok', 'lag', 'bad'] as const;

/** What a check came to. `lag`: sums differ, and rows that explain it are on their way, or a ledger did not answer. */
export type LedgerLight = (typeof LIGHTS)[number];

function lightOfDiffering(differing: readonly { outbox: number }[]): LedgerLight {
  if (differing.length === 0) return 'ok';
  return differing.every((row) => row.outbox > 0) ? 'lag' : 'bad';
}

/** What checked keys come to together. */
export function lightOf(rows: readonly LedgerCheckRow[]): LedgerLight {
  return lightOfDiffering(rows.filter((row) => !agrees(row)));
}

/** What checked budgets of users and teams come to together. */
export function lightOfShared(rows: readonly SharedCheckRow[]): LedgerLight {
  return lightOfDiffering(rows.filter((row) => !sharesAgree(row)));
}

function worse(one: LedgerLight, other: LedgerLight): LedgerLight {
  return LIGHTS.indexOf(one) > LIGHTS.indexOf(other) ? one : other;
}

/** A light as it is where somebody did not answer. */
function without({ unanswered }: LedgerCheck | SharedCheck, light: LedgerLight): LedgerLight {
  return unanswered.length > 0 ? worse('lag', light) : light;
}

/** What keys and budgets came to, how many they were, and when the first of them was looked at, ms since 1970. */
const lightSchema = z.object({
  light: z.enum(LIGHTS),
  keys: z.number(),
  // The version before has counted none.
  budgets: z._default(z.number(), 0),
  at: z.number(),
});
export type KeptLight = z.infer<typeof lightSchema>;

const roundSchema = z.object({
  last: z.nullable(lightSchema),
  /** The round that has begun: what it came to up to the cursor. */
  running: z.nullable(z.extend(lightSchema, { cursor: z.string() })),
});
type Round = z.infer<typeof roundSchema>;

async function readRound(database: Database): Promise<Round> {
  const { success, data } = roundSchema.safeParse(parseJson((await readKept(database, 'ledgerRound')) ?? ''));
  return success ? data : { last: null, running: null };
}

/** What the last round came to, or the one that runs where that is bad already; null where there was none yet. */
export async function readLight(database: Database): Promise<KeptLight | null> {
  const { last, running } = await readRound(database);
  if (running?.light !== 'bad') return last;
  const { light, keys, budgets, at } = running;
  return { light, keys, budgets, at };
}

/** Keeps what a check of all keys and of all shared budgets at once came to. */
export async function keepLight(
  database: Database,
  check: LedgerCheck,
  shared: SharedCheck,
  now: number,
): Promise<void> {
  const light = worse(without(check, lightOf(check.data)), without(shared, lightOfShared(shared.data)));
  const last = { light, keys: check.data.length, budgets: shared.data.length, at: now };
  await keep(database, 'ledgerRound', JSON.stringify({ last, running: null } satisfies Round));
}

type Slice = Pick<KeptLight, 'light' | 'keys' | 'budgets'> & { next: string | null };

async function compareSlice(
  places: CheckPlaces & SharedCheckPlaces,
  database: Database,
  cursor: string,
): Promise<Slice> {
  const behind = budgetsBehind(cursor);
  if (behind === null) {
    const { check } = await repairLedgers(places, cursor);
    // Their turn comes with the next call: this one has made enough.
    const isMore = check.nextCursor === null && (await listSharedBudgets(database, '', 1)).length > 0;
    const next = isMore ? budgetsCursor('') : check.nextCursor;
    return { light: without(check, lightOf(check.data)), keys: check.data.length, budgets: 0, next };
  }
  const shared = await checkShared(places, behind);
  const next = shared.nextCursor === null ? null : budgetsCursor(shared.nextCursor);
  return { light: without(shared, lightOfShared(shared.data)), keys: 0, budgets: shared.data.length, next };
}

/**
 * Compares the next slice of ledgers, or of shared budgets behind the last ledger, with D1 and repairs what D1 has lost. A round begins where one is due, or there was
 * none yet; the next call takes it up where it was left, whatever became of the Worker meanwhile.
 */
export async function compareNext(
  places: CheckPlaces & SharedCheckPlaces,
  database: Database,
  { now, isDue }: { now: number; isDue: boolean },
): Promise<void> {
  const { last, running } = await readRound(database);
  if (running === null && last !== null && !isDue) return;
  const { cursor, ...before } = running ?? { cursor: '', light: 'ok', keys: 0, budgets: 0, at: now };
  const { light, keys, budgets, next } = await compareSlice(places, database, cursor);
  const after = {
    ...before,
    light: worse(before.light, light),
    keys: before.keys + keys,
    budgets: before.budgets + budgets,
  };
  const round: Round = next === null ? { last: after, running: null } : { last, running: { ...after, cursor: next } };
  await keep(database, 'ledgerRound', JSON.stringify(round));
}
