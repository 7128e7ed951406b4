import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import type { Database } from '../store/database.ts';
import { keep, readKept } from '../store/deployment.ts';
import { agrees, type CheckPlaces, type LedgerCheck, type LedgerCheckRow, repairLedgers } from './check.ts';

/*
 * A comparison of all ledgers goes in rounds of slices, and where it is stands in D1: whoever only wants to see that
 * all is well asks no ledger.
 */

const LIGHTS = ['ok', 'lag', 'bad'] as const;

/** What a check came to. `lag`: sums differ, and rows that explain it are on their way, or a ledger did not answer. */
export type LedgerLight = (typeof LIGHTS)[number];

/** What checked keys come to together. */
export function lightOf(rows: readonly LedgerCheckRow[]): LedgerLight {
  const differing = rows.filter((row) => !agrees(row));
  if (differing.length === 0) return 'ok';
  return differing.every((row) => row.outbox > 0) ? 'lag' : 'bad';
}

function lightOfSlice({ data, unanswered }: LedgerCheck): LedgerLight {
  return unanswered.length > 0 ? worse('lag', lightOf(data)) : lightOf(data);
}

function worse(one: LedgerLight, other: LedgerLight): LedgerLight {
  return LIGHTS.indexOf(one) > LIGHTS.indexOf(other) ? one : other;
}

/** What keys came to, how many they were, and when the first of them was looked at, ms since 1970. */
const lightSchema = z.object({ light: z.enum(LIGHTS), keys: z.number(), at: z.number() });
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
  const { light, keys, at } = running;
  return { light, keys, at };
}

/** Keeps what a check of all keys at once came to. */
export async function keepLight(database: Database, check: LedgerCheck, now: number): Promise<void> {
  const last = { light: lightOfSlice(check), keys: check.data.length, at: now };
  await keep(database, 'ledgerRound', JSON.stringify({ last, running: null } satisfies Round));
}

/**
 * Compares the next slice of ledgers with D1 and repairs what D1 has lost. A round begins where one is due, or there was
 * none yet; the next call takes it up where it was left, whatever became of the Worker meanwhile.
 */
export async function compareNext(
  places: CheckPlaces,
  database: Database,
  { now, isDue }: { now: number; isDue: boolean },
): Promise<void> {
  const { last, running } = await readRound(database);
  if (running === null && last !== null && !isDue) return;
  const { cursor, ...before } = running ?? { cursor: '', light: 'ok', keys: 0, at: now };
  const { check } = await repairLedgers(places, cursor);
  const after = { ...before, light: worse(before.light, lightOfSlice(check)), keys: before.keys + check.data.length };
  const next: Round =
    check.nextCursor === null
      ? { last: after, running: null }
      : { last, running: { ...after, cursor: check.nextCursor } };
  await keep(database, 'ledgerRound', JSON.stringify(next));
}
