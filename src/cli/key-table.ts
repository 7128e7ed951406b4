import { keyState } from '../keys/key-state.ts';
import { maskSecret } from '../keys/secret.ts';
import { table, terminalWidth } from './print.ts';
import type { ShownKey, ShownTeam } from './way.ts';

type ShownBudgets = Pick<ShownTeam, 'budget_day_usd' | 'budget_week_usd' | 'budget_month_usd' | 'budget_total_usd'>;

function budgetParts(shown: ShownBudgets): (string | null)[] {
  return [
    shown.budget_day_usd === null ? null : `$${shown.budget_day_usd}/day`,
    shown.budget_week_usd === null ? null : `$${shown.budget_week_usd}/week`,
    shown.budget_month_usd === null ? null : `$${shown.budget_month_usd}/month`,
    shown.budget_total_usd === null ? null : `$${shown.budget_total_usd} in total`,
  ];
}

/** The budgets of a key, a user or a team, in a few words. */
export function budgetWords(shown: ShownBudgets): string {
  return (
    budgetParts(shown)
      .filter((part) => part !== null)
      .join(', ') || 'none'
  );
}

/** What limits a key, in a few words. */
function limits(key: ShownKey): string {
  const parts = [
    key.rpm === null ? null : `${key.rpm} rpm`,
    key.tpm === null ? null : `${key.tpm} tpm`,
    key.max_concurrent === null ? null : `${key.max_concurrent} at once`,
    ...budgetParts(key),
    key.models === null ? null : `only ${key.models.join(',')}`,
  ];
  return parts.filter((part) => part !== null).join(', ') || 'none';
}

function state(key: ShownKey): string {
  const { status, owner_status: ownerStatus, expires_at: expiresAt } = key;
  return keyState({ status, ownerStatus, expiresAt }, Date.now()).replace('_', ' ');
}

/** Keys, one a line. */
export function keyTable(keys: readonly ShownKey[]): string {
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
    key.provider_tools ? `${limits(key)}, providers' tools` : limits(key),
    key.expires_at?.slice(0, 10) ?? 'never',
  ]);
  return table(columns, rows, terminalWidth());
}

/** All of a key, one thing a line. */
export function keyDetails(key: ShownKey): string {
  const lines: [string, string][] = [
    ['ID', key.id],
    ['Owner', key.owner],
    ['Name', key.name || '-'],
    ['Purpose', key.purpose],
    ['Key', maskSecret(key)],
    ['Status', state(key)],
    ['Limits', limits(key)],
    ['Tools', key.provider_tools ? "functions, and providers' own" : 'functions'],
    ['Reasoning', key.reasoning],
    ['Expires', key.expires_at ?? 'never'],
    ['Created', key.created_at],
    ['Changed', key.updated_at],
  ];
  if (key.previous_expires_at !== null) lines.push(['Old secret', `until ${key.previous_expires_at}`]);
  return lines.map(([title, value]) => `${`${title}:`.padEnd(12)}${value}`).join('\n');
}
