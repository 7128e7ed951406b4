import { keyState } from '../keys/key-state.ts';
import { maskSecret } from '../keys/secret.ts';
import type { ApiKey } from '../store/schema.ts';
import { table, terminalWidth } from './print.ts';

/** What limits a key, in a few words. */
function limits(key: ApiKey): string {
  const parts = [
    key.rpm === null ? null : `${key.rpm} rpm`,
    key.tpm === null ? null : `${key.tpm} tpm`,
    key.maxConcurrent === null ? null : `${key.maxConcurrent} at once`,
    key.budgetDayUsd === null ? null : `$${key.budgetDayUsd}/day`,
    key.budgetWeekUsd === null ? null : `$${key.budgetWeekUsd}/week`,
    key.budgetMonthUsd === null ? null : `$${key.budgetMonthUsd}/month`,
    key.budgetTotalUsd === null ? null : `$${key.budgetTotalUsd} in total`,
    key.models === null ? null : `only ${key.models}`,
  ];
  return parts.filter((part) => part !== null).join(', ') || 'none';
}

function state(key: ApiKey): string {
  return keyState(key, Date.now()).replace('_', ' ');
}

/** Keys, one a line. */
export function keyTable(keys: readonly ApiKey[]): string {
  const columns = [
    { title: 'ID' },
    { title: 'OWNER', flexible: true },
    { title: 'NAME', flexible: true },
    { title: 'PURPOSE', flexible: true, spare: true },
    { title: 'KEY' },
    { title: 'STATUS' },
    { title: 'LIMITS', flexible: true },
    { title: 'EXPIRES', spare: true },
  ];
  const rows = keys.map((key) => [
    key.id,
    key.owner,
    key.name,
    key.purpose,
    maskSecret(key),
    state(key),
    key.providerTools ? `${limits(key)}, providers' tools` : limits(key),
    key.expiresAt?.slice(0, 10) ?? 'never',
  ]);
  return table(columns, rows, terminalWidth());
}

/** All of a key, one thing a line. */
export function keyDetails(key: ApiKey): string {
  const lines: [string, string][] = [
    ['ID', key.id],
    ['Owner', key.owner],
    ['Name', key.name || '-'],
    ['Purpose', key.purpose],
    ['Key', maskSecret(key)],
    ['Status', state(key)],
    ['Limits', limits(key)],
    ['Tools', key.providerTools ? "functions, and providers' own" : 'functions'],
    ['Reasoning', key.reasoning],
    ['Expires', key.expiresAt ?? 'never'],
    ['Created', key.createdAt],
    ['Changed', key.updatedAt],
  ];
  if (key.previousExpiresAt !== null) lines.push(['Old secret', `until ${key.previousExpiresAt}`]);
  return lines.map(([title, value]) => `${`${title}:`.padEnd(12)}${value}`).join('\n');
}
