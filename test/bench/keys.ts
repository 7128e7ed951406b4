import { keyId, newSecret } from '../../src/keys/secret.ts';
import type { ApiKey } from '../../src/store/schema.ts';

/** A client key of the bench, as D1 would hold it. */
export interface BenchKey {
  secret: string;
  record: ApiKey;
}

/** `rpm` is null for a key without limits: only such a one is served before the ledger has answered. */
export async function makeKey(purpose: string, rpm: number | null = null): Promise<BenchKey> {
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
    rpm,
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
  };
  return { secret, record };
}
