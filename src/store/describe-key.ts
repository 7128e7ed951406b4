import type { ApiKey } from './schema.ts';

/** A key as JSON shows it: by column name, without its hashes. */
export function describeKey(key: ApiKey) {
  return {
    id: key.id,
    owner: key.owner,
    owner_status: key.ownerStatus,
    name: key.name,
    purpose: key.purpose,
    status: key.status,
    prefix: key.prefix,
    last4: key.last4,
    expires_at: key.expiresAt,
    models: key.models === null ? null : key.models.split(',').map((name) => name.trim()),
    rpm: key.rpm,
    tpm: key.tpm,
    max_concurrent: key.maxConcurrent,
    budget_day_usd: key.budgetDayUsd,
    budget_week_usd: key.budgetWeekUsd,
    budget_month_usd: key.budgetMonthUsd,
    budget_total_usd: key.budgetTotalUsd,
    reasoning: key.reasoning,
    provider_tools: key.providerTools,
    // The secret that a rotation replaced works until then.
    previous_expires_at: key.previousExpiresAt,
    revision: key.revision,
    created_at: key.createdAt,
    updated_at: key.updatedAt,
  };
}
