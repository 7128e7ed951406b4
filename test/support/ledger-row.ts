import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { LedgerRow } from '../../src/ledger/calls.ts';

/** A request's settle row as its ledger holds it; the newest row for a null response. */
export async function ledgerRow(keyId: string, response: Response | null): Promise<LedgerRow | null> {
  const id = response?.headers.get('x-request-id') ?? null;
  const stub = env.KEY_LEDGER.getByName(keyId);
  return runInDurableObject(stub, (_instance, state) => {
    const found = [
      ...state.storage.sql.exec<{ row: string }>(
        `SELECT row FROM requests WHERE kind = 'settle' AND row IS NOT NULL AND (?1 IS NULL OR request_id = ?1)
         ORDER BY request_id DESC LIMIT 1`,
        id,
      ),
    ];
    return found[0] === undefined ? null : (JSON.parse(found[0].row) as LedgerRow);
  });
}

/** All rows of a key as its ledger holds them, in the order of their ids. */
export async function ledgerRows(keyId: string): Promise<LedgerRow[]> {
  return runInDurableObject(env.KEY_LEDGER.getByName(keyId), (_instance, { storage }) =>
    [
      ...storage.sql.exec<{ row: string }>('SELECT row FROM requests WHERE row IS NOT NULL ORDER BY request_id, kind'),
    ].map(({ row }): LedgerRow => JSON.parse(row)),
  );
}
