import { type Ledgers, ledgerOf } from '../keys/ledger-of.ts';
import { logFault } from '../log-line.ts';
import { openDatabase } from '../store/database.ts';
import { type KeySums, listKeySums, sumsOfKeys } from '../store/key-sums.ts';
import { inParallel } from './in-parallel.ts';
import type { KeyLedger, LedgerSums } from './key-ledger.ts';

/** Where the sums are: in the ledgers and in D1. */
export interface CheckPlaces {
  DB: D1Database;
  KEY_LEDGER: Ledgers<DurableObjectStub<KeyLedger>>;
}

/** One key's sums in the three places that must agree. Money is integer nano-USD. */
export interface LedgerCheckRow {
  key_id: string;
  ledger_nano_usd: number;
  d1_nano_usd: number;
  daily_nano_usd: number;
  held_nano_usd: number;
  open_leases: number;
  outbox: number;
}

/** A slice of the keys. `ok` compares the sums only: rows on their way make them differ for some seconds. */
export interface LedgerCheck {
  ok: boolean;
  /** Where the next slice begins; null for the last one. */
  nextCursor: string | null;
  data: LedgerCheckRow[];
  /** Keys whose ledger did not answer; they are in no row. */
  unanswered: string[];
}

/**
 * Keys that are asked in one go. An invocation is to make 500 calls at most: each key is one, and one more where it is
 * looked at twice.
 */
const KEYS_A_SLICE = 150;
/** Ledgers that send their rows again after one slice; others do after the next round. */
const MOST_REPAIRED = 20;

/** Whether a key's three sums are one. */
export function agrees(row: LedgerCheckRow): boolean {
  return row.ledger_nano_usd === row.d1_nano_usd && row.d1_nano_usd === row.daily_nano_usd;
}

/** Whether D1's own sums differ: somebody has edited one of them. A row sent again adds to both, and mends neither. */
export function isEdited(row: LedgerCheckRow): boolean {
  return row.d1_nano_usd !== row.daily_nano_usd;
}

// Of a key that was refused before it was ever used D1 has rows, and there is no ledger.
const NOTHING: LedgerSums = { ledgerNanoUsd: 0, heldNanoUsd: 0, openLeases: 0, outbox: 0, counting: 0 };

/** A ledger's own sums; null where it does not answer. */
async function askLedger(places: CheckPlaces, { ledger }: KeySums): Promise<LedgerSums | null> {
  if (ledger === null) return NOTHING;
  try {
    return await ledgerOf(places.KEY_LEDGER, ledger).sums();
  } catch (cause) {
    logFault('ledger_unavailable', cause, { key_id: ledger.id });
    return null;
  }
}

function rowOf({ keyId, logged, daily }: KeySums, ledger: LedgerSums): LedgerCheckRow {
  return {
    key_id: keyId,
    ledger_nano_usd: ledger.ledgerNanoUsd,
    d1_nano_usd: logged,
    daily_nano_usd: daily,
    held_nano_usd: ledger.heldNanoUsd,
    open_leases: ledger.openLeases,
    outbox: ledger.outbox,
  };
}

/** Compares these keys' ledgers with what D1 has of them. */
async function compare(places: CheckPlaces, keys: readonly KeySums[]): Promise<Omit<LedgerCheck, 'nextCursor'>> {
  const asked = await inParallel(keys, async (sums) => ({ sums, ledger: await askLedger(places, sums) }));
  const unanswered = asked.filter(({ ledger }) => ledger === null).map(({ sums }) => sums.keyId);
  const data = asked.flatMap(({ sums, ledger }) => {
    if (ledger === null) return [];
    const row = rowOf(sums, ledger);
    const isBlank = !sums.hasRows && row.outbox === 0 && row.open_leases === 0 && row.ledger_nano_usd === 0;
    return isBlank ? [] : [row];
  });
  return { ok: unanswered.length === 0 && data.every(agrees), data, unanswered };
}

/** Compares the ledgers with D1's log rows and daily sums, for the next keys behind the cursor that have rows anywhere. */
export async function checkLedger(
  places: CheckPlaces,
  cursor: string | null = null,
  limit: number = KEYS_A_SLICE,
): Promise<LedgerCheck> {
  const page = await listKeySums(openDatabase(places.DB), { cursor, limit });
  return { ...(await compare(places, page.data)), nextCursor: page.nextCursor };
}

/** The keys of ledgers whose rows D1 has lost: they differ from it though no row is on its way. */
function lostKeys({ data }: Pick<LedgerCheck, 'data'>): string[] {
  const lost = data.filter((row) => row.outbox === 0 && !agrees(row) && !isEdited(row));
  return lost.map((row) => row.key_id);
}

/**
 * Sends the rows again of every ledger of a slice whose rows D1 has lost. Answers their key ids, and what it found.
 * It looks twice: a row that comes to D1 between the reading of one sum and of the other is nothing to be repaired,
 * and would have three days of rows sent.
 */
export async function repairLedgers(
  places: CheckPlaces,
  cursor: string | null = null,
): Promise<{ repaired: string[]; check: LedgerCheck }> {
  const first = await checkLedger(places, cursor);
  const suspects = lostKeys(first);
  if (suspects.length === 0) return { repaired: [], check: first };
  const keys = await sumsOfKeys(openDatabase(places.DB), suspects);
  const second = await compare(places, keys);
  const lost = new Set(lostKeys(second));
  const repaired = keys.filter(({ keyId }) => lost.has(keyId)).slice(0, MOST_REPAIRED);
  await inParallel(repaired, async ({ ledger }) => {
    if (ledger !== null) await ledgerOf(places.KEY_LEDGER, ledger).resend();
  });
  const data = [...first.data.filter((row) => !suspects.includes(row.key_id)), ...second.data];
  const unanswered = [...first.unanswered, ...second.unanswered];
  const ok = unanswered.length === 0 && data.every(agrees);
  const check = { ok, data, unanswered, nextCursor: first.nextCursor };
  return { repaired: repaired.flatMap(({ keyId, ledger }) => (ledger === null ? [] : [keyId])), check };
}
