import * as z from 'zod/mini';
import {
  budgetsShape,
  budgetsToColumns,
  prefixSchema,
  settingsShape,
  settingsToColumns,
  teamNameSchema,
  userNameSchema,
  userSettingsShape,
  userToColumns,
} from '../../keys/limits.ts';
import { templateShape, templateToColumns } from '../../keys/template-limits.ts';
import { offsetMs } from '../../ledger/windows.ts';
import { PURPOSES } from '../../pipelines/purposes.ts';
import type { KeySettings } from '../../store/keys.ts';
import type { TemplateSettings } from '../../store/member-template.ts';
import type { ApiKey, Budgets, MemberTemplate, User } from '../../store/schema.ts';
import type { BudgetSettings } from '../../store/teams.ts';
import type { UserSettings } from '../../store/users.ts';
import type { FieldErrors } from '../kit/field.tsx';
import { localTime } from '../kit/format.ts';
import { tidyNames } from '../kit/model-picker.tsx';
import { type Edit, type FieldValues, readEdit } from '../kit/read-form.ts';
import type { View } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';

const DAY_MS = 86_400_000;

type ErrorKind = keyof Texts['keyForm']['errors'];

const ERROR_KINDS: Record<string, ErrorKind> = {
  username: 'name',
  teamname: 'name',
  email: 'email',
  name: 'name',
  prefix: 'prefix',
  expires_after: 'duration',
  max_keys: 'few',
  grace: 'duration',
  expires_at: 'time',
  models: 'models',
  rpm: 'count',
  tpm: 'count',
  max_concurrent: 'count',
  budget_day_usd: 'budget',
  budget_week_usd: 'budget',
  budget_month_usd: 'budget',
  budget_total_usd: 'budget',
};

const settingsSchema = z.object(settingsShape(PURPOSES));

const creationSchema = z.object({
  ...settingsShape(PURPOSES),
  id: z.string().check(z.regex(/^key_[0-9a-z]{26}$/)),
  username: userNameSchema,
  prefix: prefixSchema,
});

function errorsOf(error: z.core.$ZodError, texts: Texts): FieldErrors {
  const fields = error.issues.map((issue) => String(issue.path[0] ?? ''));
  return Object.fromEntries(fields.map((field) => [field, texts.keyForm.errors[ERROR_KINDS[field] ?? 'choice']]));
}

export type ReadSettings<T = KeySettings> = { kind: 'valid'; settings: T } | { kind: 'invalid'; errors: FieldErrors };

/** The settings of a form, checked by a schema and as the columns they are stored in. */
function readBy<T extends z.ZodMiniType, C>(
  schema: T,
  toColumns: (settings: z.output<T>) => C,
  fields: FieldValues,
  texts: Texts,
): ReadSettings<C> {
  const parsed = schema.safeParse(fields);
  if (!parsed.success) return { kind: 'invalid', errors: errorsOf(parsed.error, texts) };
  return { kind: 'valid', settings: toColumns(parsed.data) };
}

/** The fields of a key's form with its last day as the instant at which that is over. */
export function withInstant(fields: FieldValues, offset: string): FieldValues {
  const day = fields['expires_at'] ?? '';
  const begins = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN;
  if (Number.isNaN(begins)) return fields;
  return { ...fields, expires_at: new Date(begins + DAY_MS - offsetMs(offset)).toISOString() };
}

/** The day on which a key works last. */
function lastDay(expiresAt: string | null, offset: string): string {
  return expiresAt === null ? '' : localTime(Date.parse(expiresAt) - 1, offset).slice(0, 10);
}

/** What of a key's or the template's form was changed. Models are a list, whichever way it was put together. */
export function readKeyEdit(fields: FieldValues): Edit {
  const { models } = fields;
  return readEdit(models === undefined ? fields : { ...fields, models: tidyNames(models) });
}

/** The settings of a key. */
export function readSettings(fields: FieldValues, texts: Texts): ReadSettings {
  return readBy(settingsSchema, settingsToColumns, fields, texts);
}

const userSchema = z.object(userSettingsShape);
const templateSchema = z.object(templateShape);
const teamSchema = z.object(budgetsShape);
const newTeamSchema = z.object({ teamname: teamNameSchema, ...budgetsShape });

/** The settings of a user's form. */
export function readUser(fields: FieldValues, texts: Texts): ReadSettings<UserSettings> {
  return readBy(userSchema, userToColumns, fields, texts);
}

/** The settings of a team's form. */
export function readTeam(fields: FieldValues, texts: Texts): ReadSettings<BudgetSettings> {
  return readBy(teamSchema, budgetsToColumns, fields, texts);
}

/** The settings of the members' template. */
export function readTemplateForm(fields: FieldValues, texts: Texts): ReadSettings<TemplateSettings> {
  return readBy(templateSchema, templateToColumns, fields, texts);
}

/** A new team as a form asks for it. */
export function readNewTeam(
  fields: FieldValues,
  texts: Texts,
): ReadSettings<{ name: string; budgets: BudgetSettings }> {
  const toColumns = ({ teamname, ...budgets }: z.output<typeof newTeamSchema>) => ({
    name: teamname,
    budgets: budgetsToColumns(budgets),
  });
  return readBy(newTeamSchema, toColumns, fields, texts);
}

export type ReadNewKey =
  | { kind: 'valid'; id: string; owner: string; prefix: string; settings: KeySettings }
  | { kind: 'invalid'; errors: FieldErrors };

/** A new key as a form asks for it. */
export function readNewKey(fields: FieldValues, { offset, texts }: View): ReadNewKey {
  const parsed = creationSchema.safeParse(withInstant(fields, offset));
  if (!parsed.success) return { kind: 'invalid', errors: errorsOf(parsed.error, texts) };
  const { id, username, prefix, ...settings } = parsed.data;
  return { kind: 'valid', id, owner: username, prefix, settings: settingsToColumns(settings) };
}

function text(value: string | number | null): string {
  return value === null ? '' : String(value);
}

/** A budget as people write it: never with an exponent, which the form would not take back. */
function budgetText(usd: number | null): string {
  if (usd === null) return '';
  return usd.toLocaleString('en', { useGrouping: false, maximumFractionDigits: 9 });
}

/** What the settings are called, by their fields. */
export function settingNames({ keyForm }: Texts): FieldValues {
  return {
    name: keyForm.name,
    purpose: keyForm.purpose,
    expires_at: keyForm.expiresAt,
    models: keyForm.models,
    rpm: keyForm.rpm,
    tpm: keyForm.tpm,
    max_concurrent: keyForm.maxConcurrent,
    budget_day_usd: keyForm.budgetOf(keyForm.budgetDay),
    budget_week_usd: keyForm.budgetOf(keyForm.budgetWeek),
    budget_month_usd: keyForm.budgetOf(keyForm.budgetMonth),
    budget_total_usd: keyForm.budgetOf(keyForm.budgetTotal),
    reasoning: keyForm.reasoning,
    provider_tools: keyForm.providerTools,
  };
}

/** Budgets as the fields of a form. */
export function fieldsOfBudgets(budgets: Budgets): FieldValues {
  return {
    budget_day_usd: budgetText(budgets.budgetDayUsd),
    budget_week_usd: budgetText(budgets.budgetWeekUsd),
    budget_month_usd: budgetText(budgets.budgetMonthUsd),
    budget_total_usd: budgetText(budgets.budgetTotalUsd),
  };
}

/** A user's settings as the fields of their form. */
export function fieldsOfUser(user: User): FieldValues {
  return { email: user.email ?? '', team: user.team ?? '', ...fieldsOfBudgets(user) };
}

/** The members' template as the fields of its form. */
export function fieldsOfTemplate(template: MemberTemplate): FieldValues {
  return {
    enabled: template.enabled ? 'on' : 'off',
    max_keys: text(template.maxKeys),
    expires_after: text(template.expiresAfter),
    models: tidyNames(text(template.models)),
    rpm: text(template.rpm),
    tpm: text(template.tpm),
    max_concurrent: text(template.maxConcurrent),
    ...fieldsOfBudgets(template),
  };
}

/** What a key may use at most, as the fields of a form. */
export function fieldsOfLimits(key: ApiKey): FieldValues {
  return {
    rpm: text(key.rpm),
    tpm: text(key.tpm),
    max_concurrent: text(key.maxConcurrent),
    ...fieldsOfBudgets(key),
  };
}

/** A key's settings as the fields of its form. */
export function fieldsOfKey(key: ApiKey, offset: string): FieldValues {
  return {
    name: key.name,
    purpose: key.purpose,
    expires_at: lastDay(key.expiresAt, offset),
    models: tidyNames(text(key.models)),
    ...fieldsOfLimits(key),
    reasoning: key.reasoning,
    provider_tools: key.providerTools ? 'on' : 'off',
  };
}
