import * as z from 'zod/mini';
import {
  type BudgetValues,
  budgetsShape,
  parseDuration,
  type SettingValues,
  settingsShape,
  type UserValues,
  userSettingsShape,
} from '../keys/limits.ts';
import { PURPOSES } from '../pipelines/purposes.ts';
import { Mistake } from './mistake.ts';

const BUDGET_COLUMNS = {
  'budget-day': 'budget_day_usd',
  'budget-week': 'budget_week_usd',
  'budget-month': 'budget_month_usd',
  'budget-total': 'budget_total_usd',
} as const;

/** Flag → column. `expires` is apart: the flag is a duration, the column a time. */
const COLUMNS = {
  purpose: 'purpose',
  name: 'name',
  models: 'models',
  rpm: 'rpm',
  tpm: 'tpm',
  'max-concurrent': 'max_concurrent',
  ...BUDGET_COLUMNS,
  reasoning: 'reasoning',
  'provider-tools': 'provider_tools',
} as const;

/** The flag of a column; null where none sets it. */
export function flagOf(column: string): string | null {
  if (column === 'expires_at') return 'expires';
  if (column === 'team' || column === 'email') return column;
  return Object.entries(COLUMNS).find(([, name]) => name === column)?.[0] ?? null;
}

/** The flags of budgets, for parseArgs. */
export const BUDGET_OPTIONS = {
  'budget-day': { type: 'string' },
  'budget-week': { type: 'string' },
  'budget-month': { type: 'string' },
  'budget-total': { type: 'string' },
} as const;

/** The flags that say what a key may do, for parseArgs. */
export const SETTING_OPTIONS = {
  purpose: { type: 'string' },
  name: { type: 'string' },
  expires: { type: 'string' },
  models: { type: 'string' },
  rpm: { type: 'string' },
  tpm: { type: 'string' },
  'max-concurrent': { type: 'string' },
  ...BUDGET_OPTIONS,
  reasoning: { type: 'string' },
  'provider-tools': { type: 'string' },
} as const;

export const SETTING_HELP = `
  --purpose P          ${PURPOSES.join(' | ')}
  --name N             what the key is for, in your words
  --expires 90d        when it ends, from now: s, m, h or d
  --models a/b,c/*     the models it may use; "all" for every model
  --rpm N              requests a minute
  --tpm N              tokens a minute
  --max-concurrent N   requests at the same time
  --budget-day USD     money a day; also --budget-week, --budget-month, --budget-total
  --reasoning R        how reasoning is shown: think | details | hidden
  --provider-tools S   on | off: web search and other tools that the provider runs, and bills a call`;

/** A duration in milliseconds. Throws Mistake. */
export function readDuration(text: string, flag: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === null) throw new Mistake(`${flag} must be a duration such as 90d, 24h, 15m or 30s, up to 3650d.`);
  return milliseconds;
}

function expiry(text: string, now: number): string | null {
  if (text === 'none') return null;
  if (parseDuration(text) === 0)
    throw new Mistake('--expires 0 would end the key at once: give a longer time or "none".');
  return new Date(now + readDuration(text, '--expires')).toISOString();
}

type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** What was given of some flags, by column name. Throws Mistake for one without a value. */
function given(values: Flags, columns: Readonly<Record<string, string>>): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [flag, column] of Object.entries(columns)) {
    const value = values[flag];
    if (typeof value !== 'string') continue;
    // An unset shell variable must not lift a limit.
    if (value.trim() === '') throw new Mistake(`--${flag} has no value. To lift a limit say "none".`);
    settings[column] = value.trim();
  }
  return settings;
}

/** Settings that passed their schema. Throws Mistake naming the flag. */
function checked<T extends z.ZodMiniType>(schema: T, settings: Record<string, unknown>): z.output<T> {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Mistake(`--${flagOf(String(issue?.path[0])) ?? 'expires'} ${issue?.message ?? 'is not valid'}.`);
}

/** Reads the setting flags by column name. `now` is ms since 1970. Throws Mistake naming the flag. */
export function readSettings(
  values: { [Flag in keyof typeof SETTING_OPTIONS]?: string | undefined },
  now: number,
): SettingValues {
  const settings = given(values, COLUMNS);
  if (values.expires !== undefined) settings['expires_at'] = expiry(values.expires, now);
  return checked(z.object(settingsShape(PURPOSES)), settings);
}

/** Reads the flags of budgets by column name. Throws Mistake naming the flag. */
export function readBudgets(values: Flags): BudgetValues {
  return checked(z.object(budgetsShape), given(values, BUDGET_COLUMNS));
}

/** Reads the flags of a user by column name. Throws Mistake naming the flag. */
export function readUserSettings(values: Flags): UserValues {
  return checked(z.object(userSettingsShape), given(values, { email: 'email', team: 'team', ...BUDGET_COLUMNS }));
}
