import { inTime, TimedOut } from '../../in-time.ts';
import { agrees, type CheckPlaces, checkLedger, type LedgerCheckRow } from '../../ledger/check.ts';
import { logFault } from '../../log-line.ts';

/** `lag`: the sums differ, and rows that explain it are on their way. */
export type LedgerLight = 'ok' | 'lag' | 'bad' | 'unknown';

/** Every key has a ledger to be asked; the overview does not wait longer than this. */
const PATIENCE_MS = 2_000;

/** What checked keys come to together. */
export function lightOf(rows: readonly LedgerCheckRow[]): LedgerLight {
  const differing = rows.filter((row) => !agrees(row));
  if (differing.length === 0) return 'ok';
  return differing.every((row) => row.outbox > 0) ? 'lag' : 'bad';
}

/** Checks the ledger, and gives up rather than keep the page waiting. */
export async function readLedgerLight(places: CheckPlaces): Promise<LedgerLight> {
  try {
    return lightOf((await inTime(PATIENCE_MS, checkLedger(places))).data);
  } catch (cause) {
    if (!(cause instanceof TimedOut)) logFault('ledger_check_failed', cause);
    return 'unknown';
  }
}
