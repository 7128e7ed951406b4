import type { LedgerJurisdiction, LedgerLocation } from '../protocol/ledger-place.ts';
import type { LedgerAddress } from '../store/ledgers.ts';

/** The ledgers, as far as finding one goes; a binding is one. */
export interface Ledgers<Ledger> {
  getByName(keyId: string, options?: { locationHint: LedgerLocation }): Ledger;
  jurisdiction(jurisdiction: LedgerJurisdiction): Ledgers<Ledger>;
}

/**
 * A key's ledger, by what it was made with: in another jurisdiction it would be another one. The location is a hint for
 * the first call, which makes it; no other may come before it than a client's request (or its settlement).
 */
export function ledgerOf<Ledger>(ledgers: Ledgers<Ledger>, address: LedgerAddress): Ledger {
  const { id, ledgerJurisdiction: jurisdiction, ledgerLocation: locationHint } = address;
  const within = jurisdiction ? ledgers.jurisdiction(jurisdiction) : ledgers;
  return locationHint ? within.getByName(id, { locationHint }) : within.getByName(id);
}
