/** Values of LEDGER_LOCATION. https://developers.cloudflare.com/durable-objects/reference/data-location/ */
export const LEDGER_LOCATIONS = [
  ...(['wnam', 'enam', 'sam', 'weur', 'eeur'] as const),
  ...(['apac', 'apac-ne', 'apac-se', 'oc', 'afr', 'me'] as const),
] as const;
export type LedgerLocation = (typeof LEDGER_LOCATIONS)[number];

/** Values of LEDGER_JURISDICTION. */
export const LEDGER_JURISDICTIONS = ['eu', 'us'] as const;
export type LedgerJurisdiction = (typeof LEDGER_JURISDICTIONS)[number];

/** Where a key's ledger is. */
export interface LedgerPlace {
  /** When it was made known, ISO UTC; null where the key has none yet. */
  ledgerSince: string | null;
  /** What it was made with; null for none. */
  ledgerJurisdiction: LedgerJurisdiction | null;
  ledgerLocation: LedgerLocation | null;
}

/** Whether a key has a ledger, as far as its record knows. Records that the version before has kept say nothing of it. */
export function hasLedger({ ledgerSince }: LedgerPlace): boolean {
  return typeof ledgerSince === 'string';
}
