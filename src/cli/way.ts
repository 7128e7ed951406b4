import * as z from 'zod/mini';
import type { BudgetValues, SettingValues, UserValues } from '../keys/limits.ts';
import { apiKeys, users } from '../store/schema.ts';
import type { UsageGroup, UsageRow } from '../store/usage.ts';
import type { CatalogWay } from './catalog-way.ts';

/*
 * Keys, users, teams and usage as the commands see them, in the JSON that /internal answers with. There are two ways to
 * them: through a running router, or through `wrangler d1 execute`.
 */

const nullableNumber = z.nullable(z.number());

const budgets = {
  budget_day_usd: nullableNumber,
  budget_week_usd: nullableNumber,
  budget_month_usd: nullableNumber,
  budget_total_usd: nullableNumber,
};

const optionalNumber = z._default(nullableNumber, null);
const optionalBudgets = {
  budget_day_usd: optionalNumber,
  budget_week_usd: optionalNumber,
  budget_month_usd: optionalNumber,
  budget_total_usd: optionalNumber,
};

/** A key as it is shown; loose, since a router may know more of it than this command line does. */
export const keySchema = z.looseObject({
  id: z.string(),
  owner: z.string(),
  owner_status: z.enum(users.status.enumValues),
  name: z.string(),
  purpose: z.string(),
  status: z.enum(apiKeys.status.enumValues),
  prefix: z.string(),
  last4: z.string(),
  expires_at: z.nullable(z.string()),
  models: z.nullable(z.array(z.string())),
  rpm: nullableNumber,
  tpm: nullableNumber,
  max_concurrent: nullableNumber,
  ...budgets,
  reasoning: z.string(),
  provider_tools: z.boolean(),
  previous_expires_at: z.nullable(z.string()),
  created_at: z.string(),
  updated_at: z.string(),
});
export type ShownKey = z.output<typeof keySchema>;

/** A key with its secret, and where that is of no use yet, why. */
export const secretKeySchema = z.extend(keySchema, { key: z.string(), notice: z.optional(z.string()) });
export type SecretKey = z.output<typeof secretKeySchema>;

export const userSchema = z.looseObject({
  name: z.string(),
  status: z.enum(users.status.enumValues),
  // A router of the version before knows none of these.
  email: z._default(z.nullable(z.string()), null),
  team: z._default(z.nullable(z.string()), null),
  ...optionalBudgets,
  keys: z.number(),
  created_at: z.string(),
});
export type ShownUser = z.output<typeof userSchema>;

export const teamSchema = z.looseObject({
  name: z.string(),
  ...budgets,
  members: z.number(),
  created_at: z.string(),
});
export type ShownTeam = z.output<typeof teamSchema>;

/** Part of a list, or all of it. */
export interface Listed<T> {
  data: T[];
  isAll: boolean;
}

/** A change, and when it holds. */
export interface Changed<T> {
  shown: T;
  isAtOnce: boolean;
}

/** Where a command's questions go. What cannot be done is thrown as a Mistake that says why. */
export interface Way {
  /** Which way it is; null where nobody has to know. */
  sentence: string | null;
  /** True for a running router, where a change holds at once. */
  isRouter: boolean;
  catalog: CatalogWay;
  makeKey(owner: string, prefix: string, settings: SettingValues): Promise<SecretKey>;
  listKeys(owner: string | null): Promise<Listed<ShownKey>>;
  getKey(id: string): Promise<ShownKey>;
  changeKey(id: string, change: SettingValues & { status?: 'active' | 'disabled' }): Promise<Changed<ShownKey>>;
  revokeKey(id: string): Promise<Changed<ShownKey>>;
  /** `grace` is a duration such as 24h. */
  rotateKey(id: string, grace: string): Promise<Changed<SecretKey>>;
  /** The id of the key whose secret works now; null where it does not. */
  verifyKey(secret: string): Promise<string | null>;
  makeUser(name: string): Promise<ShownUser>;
  listUsers(): Promise<Listed<ShownUser>>;
  getUser(name: string): Promise<ShownUser>;
  changeUser(name: string, change: UserValues & { status?: 'active' | 'disabled' }): Promise<Changed<ShownUser>>;
  makeTeam(name: string, budgets: BudgetValues): Promise<ShownTeam>;
  listTeams(): Promise<Listed<ShownTeam>>;
  getTeam(name: string): Promise<ShownTeam>;
  changeTeam(name: string, budgets: BudgetValues): Promise<Changed<ShownTeam>>;
  removeTeam(name: string): Promise<void>;
  usage(by: UsageGroup, days: number): Promise<UsageRow[]>;
}
