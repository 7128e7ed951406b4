import { type Ledgers, ledgerOf } from '../keys/ledger-of.ts';
import { openDatabase } from '../store/database.ts';
import { findLedger, listLedgers } from '../store/ledgers.ts';
import { sumsByKey } from '../store/logs.ts';
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

/** `ok` compares the sums only: rows on their way make them differ for some seconds. */
export interface LedgerCheck {
  ok: boolean;
  data: LedgerCheckRow[];
}

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

/** Compares the ledgers with D1's log rows and daily sums, for every key that has rows anywhere. */
export async function checkLedger(places: CheckPlaces): Promise<LedgerCheck> {
  const database = openDatabase(places.DB);
  const [stored, addresses] = await Promise.all([sumsByKey(database), listLedgers(database)]);
  const byKey = new Map(stored.map((sums) => [sums.keyId, sums]));
  const withLedger = new Map(addresses.map((address) => [address.id, address]));
  const rows = await inParallel([...new Set([...withLedger.keys(), ...byKey.keys()])].toSorted(), async (keyId) => {
    const address = withLedger.get(keyId);
    const ledger = address === undefined ? NOTHING : await ledgerOf(places.KEY_LEDGER, address).sums();
    const sums = byKey.get(keyId);
    return {
      key_id: keyId,
      ledger_nano_usd: ledger.ledgerNanoUsd,
      d1_nano_usd: sums?.logged ?? 0,
      daily_nano_usd: sums?.daily ?? 0,
      held_nano_usd: ledger.heldNanoUsd,
      open_leases: ledger.openLeases,
      outbox: ledger.outbox,
    };
  });
  const data = rows.filter(
    (row) => byKey.has(row.key_id) || row.outbox > 0 || row.open_leases > 0 || row.ledger_nano_usd !== 0,
  );
  return { ok: data.every(agrees), data };
}

/** The keys of ledgers whose rows D1 has lost: they differ from it though no row is on its way. */
function lostKeys({ data }: LedgerCheck): string[] {
  const lost = data.filter((row) => row.outbox === 0 && !agrees(row) && !isEdited(row));
  return lost.map((row) => row.key_id);
}

/**
 * Sends the rows again of every ledger whose rows D1 has lost. Answers their key ids, and what it found.
 * It looks twice: a row that comes to D1 between the reading of one sum and of the other is nothing to be repaired,
 * and would have three days of rows sent.
 */
export async function repairLedgers(places: CheckPlaces): Promise<{ repaired: string[]; check: LedgerCheck }> {
  const first = await checkLedger(places);
  const suspects = lostKeys(first);
  if (suspects.length === 0) return { repaired: [], check: first };
  const check = await checkLedger(places);
  const repaired = lostKeys(check).filter((keyId) => suspects.includes(keyId));
  await inParallel(repaired, async (keyId) => {
    const address = await findLedger(openDatabase(places.DB), keyId);
    if (address !== null) await ledgerOf(places.KEY_LEDGER, address).resend();
  });
  return { repaired, check };
}
