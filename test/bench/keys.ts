import { keyId, newSecret } from '../../src/keys/secret.ts';
import type { ApiKey, Level } from '../../src/store/schema.ts';

/** A client key of the bench, as D1 would hold it. */
export interface BenchKey {
  secret: string;
  record: ApiKey;
}

/** A person with a budget over all their keys, as D1 would hold it. */
export const PAYER: Level = {
  ...{ id: 'bench-payer', name: 'bench', revision: 1, updatedAt: '2026-11-24T00:00:00.000Z' },
  ...{ budgetDayUsd: 100, budgetWeekUsd: null, budgetMonthUsd: null, budgetTotalUsd: null },
  place: { ledgerJurisdiction: null, ledgerLocation: null },
};

/** A key without limits, but for those that are given: only one without any is served before the ledger has answered. */
export async function makeKey(purpose: string, limits: Partial<ApiKey> = {}): Promise<BenchKey> {
  const { secret, hash, prefix, last4 } = await newSecret('sk');
  const now = Date.now();
  const time = new Date(now).toISOString();
  const record: ApiKey = {
    id: keyId(now),
    owner: 'bench',
    purpose,
    name: purpose,
    status: 'active',
    hash,
    prefix,
    last4,
    previousHash: null,
    previousExpiresAt: null,
    expiresAt: null,
    models: null,
    rpm: null,
    tpm: null,
    maxConcurrent: null,
    budgetDayUsd: null,
    budgetWeekUsd: null,
    budgetMonthUsd: null,
    budgetTotalUsd: null,
    reasoning: 'think',
    providerTools: false,
    revision: 1,
    createdAt: time,
    updatedAt: time,
    ownerStatus: 'active',
    ledgerSince: '2026-11-24T00:00:00.000Z',
    ledgerJurisdiction: null,
    ledgerLocation: null,
    ...limits,
  };
  return { secret, record };
}
