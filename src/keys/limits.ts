import * as z from 'zod/mini';
import { emailOf } from '../protocol/email.ts';
import type { KeySettings } from '../store/keys.ts';
import { apiKeys } from '../store/schema.ts';
import type { BudgetSettings } from '../store/teams.ts';
import type { UserSettings } from '../store/users.ts';
import { PREFIX_PATTERN } from './secret.ts';

/*
 * What people may set of a key, by column name, checked in one place for the CLI, /internal and the console.
 * Numbers may come as text, since forms and flags know nothing else. null, "" and "none" lift a limit.
 */

/** What users and keys may be called. */
const NAME_PATTERN = /^[A-Za-z0-9._@+-]{1,64}$/;
const NAME_RULE = 'must be 1 to 64 of the characters A-Z a-z 0-9 . _ @ + -';
const MODEL_PATTERN = /^[\p{L}\p{N}@][\p{L}\p{N}._:@+-]*(?:\/[\p{L}\p{N}._:@+-]+)*(?:\/\*|\*)?$/u;

function isLifted(value: unknown): boolean {
  return value === null || value === '' || value === 'none';
}

function limit<T extends z.ZodMiniType>(schema: T) {
  return z.optional(
    z.pipe(
      z.transform((value) => (isLifted(value) ? null : value)),
      z.nullable(schema),
    ),
  );
}

/** A number, or text that spells one. */
function numberFrom(pattern: RegExp, rule: string) {
  return z.pipe(z.union([z.number(), z.string().check(z.regex(pattern, rule))], rule), z.transform(Number));
}

const COUNT_RULE = 'must be a whole number from 1 to 1000000000, or "none"';
const count = limit(
  z.pipe(
    numberFrom(/^\d{1,10}$/, COUNT_RULE),
    z.int(COUNT_RULE).check(z.minimum(1, COUNT_RULE), z.maximum(1_000_000_000, COUNT_RULE)),
  ),
);

// Nano-USD are counted in integers, which JavaScript holds exactly up to 9,007,199 USD.
const BUDGET_RULE = 'must be an amount in USD from 0 to 9000000, such as 2.50, or "none"';
const usd = z.number().check(
  z.minimum(0, BUDGET_RULE),
  z.maximum(9_000_000, BUDGET_RULE),
  z.refine((value) => value === 0 || value >= 1e-9, 'must be 0, or a billionth of a USD or more'),
);
const budget = limit(
  z.pipe(
    z.pipe(numberFrom(/^\d{1,7}(\.\d{1,9})?$/, BUDGET_RULE), usd),
    // As the ledger counts. Who has computed an amount sends noise behind it: 0.1 + 0.2.
    z.transform((value) => Math.round(value * 1e9) / 1e9),
  ),
);

const TIME_RULE = 'must be a time such as 2027-01-31T00:00:00Z, or null';
const time = limit(
  z.pipe(
    z.pipe(
      z.union([z.iso.datetime({ offset: true }), z.iso.date()], TIME_RULE),
      z.transform((text) => new Date(text).toISOString()),
    ),
    // An offset can push a time past the years that SQLite knows.
    z.string().check(z.regex(/^\d{4}-/, TIME_RULE)),
  ),
);

const MODELS_RULE =
  'must name models as provider/model or provider/*, or routes, separated by commas; "all" allows every model';
const modelNames = z
  .array(z.string(MODELS_RULE).check(z.trim(), z.regex(MODEL_PATTERN, MODELS_RULE)), MODELS_RULE)
  .check(
    z.minLength(1, MODELS_RULE),
    z.maxLength(100, 'must name at most 100 models'),
    z.refine((names) => !names.includes('none'), MODELS_RULE),
  );
const models = z.optional(
  z.pipe(
    z.transform((value) => {
      if (value === null || value === '' || value === 'all') return null;
      return typeof value === 'string' ? value.split(',') : value;
    }),
    z.nullable(
      z.pipe(
        modelNames,
        z.transform((names) => names.join(',')),
      ),
    ),
  ),
);

const SWITCH_RULE = 'must be true or false ("on" or "off")';
const SWITCH_WORDS: ReadonlyMap<unknown, boolean> = new Map([
  ['on', true],
  ['off', false],
]);
const onOff = z.optional(
  z.pipe(
    z.transform((value) => SWITCH_WORDS.get(value) ?? value),
    z.boolean(SWITCH_RULE),
  ),
);

/** A user's name. Dots alone are no name: clients take them out of a path, so nobody could look at `/users/..`. */
export const userNameSchema = z.string(NAME_RULE).check(
  z.regex(NAME_PATTERN, NAME_RULE),
  z.refine((name) => name !== '.' && name !== '..', 'must have more than dots'),
);

const PREFIX_RULE = 'must be 1 to 10 lower-case letters and digits, a letter first';
/** What a key begins with. */
export const prefixSchema = z.string(PREFIX_RULE).check(z.regex(PREFIX_PATTERN, PREFIX_RULE));

/** A team's name. "none" is the word for no team. */
export const teamNameSchema = userNameSchema.check(
  z.refine((name) => name !== 'none', 'must not be "none": that is the word for no team'),
);

/** The budgets of a key, a user or a team, as members of an object. */
export const budgetsShape = {
  budget_day_usd: budget,
  budget_week_usd: budget,
  budget_month_usd: budget,
  budget_total_usd: budget,
};

const EMAIL_RULE = 'must be an e-mail address such as ann@example.com, or "none"';
/** Who signs in as a user; kept in small letters. */
export const emailSchema = limit(
  z.pipe(
    // Wider than mail itself: who has such an address signs in, and no other sign is a part of one.
    z
      .string(EMAIL_RULE)
      .check(z.refine((text) => emailOf(text) !== null && !/[<>()[\]:;,"*\\]/.test(text), EMAIL_RULE)),
    z.transform((text) => emailOf(text) ?? text),
  ),
);

/** What may be set of a user beside the status, as members of an object. */
export const userSettingsShape = { email: emailSchema, team: limit(teamNameSchema), ...budgetsShape };

/** The settings of a key, as members of an object; `purposes` are the pipelines there are. */
export function settingsShape(purposes: readonly string[]) {
  const displays = apiKeys.reasoning.enumValues;
  return {
    purpose: z.optional(z.enum(purposes, `must be one of ${purposes.join(', ')}`)),
    name: z.optional(
      z.pipe(
        z.transform((value) => (isLifted(value) ? '' : value)),
        z.union([z.literal(''), z.string().check(z.regex(NAME_PATTERN, NAME_RULE))], NAME_RULE),
      ),
    ),
    expires_at: time,
    models: models,
    rpm: count,
    tpm: count,
    max_concurrent: count,
    ...budgetsShape,
    reasoning: z.optional(z.enum(displays, `must be one of ${displays.join(', ')}`)),
    provider_tools: onOff,
  };
}

type SettingsShape = ReturnType<typeof settingsShape>;
/** Checked settings by column name, as JSON has them; null lifts a limit. */
export type SettingValues = { [Name in keyof SettingsShape]?: z.output<SettingsShape[Name]> };

/** Checked budgets by column name. */
export type BudgetValues = { [Name in keyof typeof budgetsShape]?: z.output<(typeof budgetsShape)[Name]> };
/** Checked settings of a user by column name. */
export type UserValues = { [Name in keyof typeof userSettingsShape]?: z.output<(typeof userSettingsShape)[Name]> };

/** Checked budgets as the columns they are stored in. */
export function budgetsToColumns(budgets: BudgetValues): BudgetSettings {
  return {
    budgetDayUsd: budgets.budget_day_usd,
    budgetWeekUsd: budgets.budget_week_usd,
    budgetMonthUsd: budgets.budget_month_usd,
    budgetTotalUsd: budgets.budget_total_usd,
  };
}

/** A user's checked settings as the columns they are stored in. */
export function userToColumns({ email, team, ...budgets }: UserValues): UserSettings {
  return { email, team, ...budgetsToColumns(budgets) };
}

/** Checked settings as the columns they are stored in; what was not named is left out. */
export function settingsToColumns(settings: SettingValues): KeySettings {
  return {
    purpose: settings.purpose,
    name: settings.name,
    expiresAt: settings.expires_at,
    models: settings.models,
    rpm: settings.rpm,
    tpm: settings.tpm,
    maxConcurrent: settings.max_concurrent,
    ...budgetsToColumns(settings),
    reasoning: settings.reasoning,
    providerTools: settings.provider_tools,
  };
}

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
/** Ten years: nothing here is meant to last longer, and dates stay readable. */
const LONGEST_SECONDS = 3650 * 86_400;

/** A duration such as 90d, 24h, 15m or 0s in milliseconds; null where it is none, or longer than ten years. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,10})([smhd])$/.exec(text);
  if (match === null) return null;
  // The pattern admits no other unit.
  const seconds = Number(match[1]) * UNIT_SECONDS[match[2] as keyof typeof UNIT_SECONDS];
  return seconds <= LONGEST_SECONDS ? seconds * 1000 : null;
}
