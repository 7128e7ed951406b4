import { sql } from 'drizzle-orm';
import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { LEDGER_JURISDICTIONS, LEDGER_LOCATIONS, type LedgerPlace } from '../protocol/ledger-place.ts';

/*
 * The tables as Drizzle knows them; row types come from here alone.
 * The SQL itself, with checks and triggers, is in migrations/: change both together.
 */

/** What a key, a user or a team may spend in each window, in USD; null where nothing limits it. */
const budgetColumns = {
  budgetDayUsd: real('budget_day_usd'),
  budgetWeekUsd: real('budget_week_usd'),
  budgetMonthUsd: real('budget_month_usd'),
  budgetTotalUsd: real('budget_total_usd'),
};

// The database's clock, as in the triggers: a machine that is ahead must not outlive a later change.
const NOW = sql`(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`;
const NEW_ID = sql`(lower(hex(randomblob(16))))`;

export const teams = sqliteTable('teams', {
  name: text('name').primaryKey(),
  id: text('id').notNull().default(NEW_ID),
  ...budgetColumns,
  revision: integer('revision').notNull().default(1),
  createdAt: text('created_at').notNull().default(NOW),
  updatedAt: text('updated_at').notNull().default(NOW),
});

/** The shared budgets there are, as `ledgers` has the ledgers: only a client's request makes one. */
export const sharedBudgets = sqliteTable('shared_budgets', {
  /** The user's or the team's. */
  id: text('id').primaryKey(),
  kind: text('kind', { enum: ['user', 'team'] }).notNull(),
  name: text('name').notNull(),
  jurisdiction: text('jurisdiction').$type<LedgerPlace['ledgerJurisdiction']>(),
  location: text('location').$type<LedgerPlace['ledgerLocation']>(),
  since: text('since').notNull().default(NOW),
});

export const users = sqliteTable('users', {
  name: text('name').primaryKey(),
  status: text('status', { enum: ['active', 'disabled'] })
    .notNull()
    .default('active'),
  // Who signs in under this name, in small letters.
  email: text('email'),
  createdAt: text('created_at')
    .notNull()
    .$defaultFn(() => new Date().toISOString()),
  team: text('team'),
  ...budgetColumns,
  id: text('id').notNull().default(NEW_ID),
  revision: integer('revision').notNull().default(1),
  updatedAt: text('updated_at').notNull().default(NOW),
});

export const apiKeys = sqliteTable('api_keys', {
  id: text('id').primaryKey(),
  owner: text('owner').notNull(),
  purpose: text('purpose').notNull().default('default'),
  name: text('name').notNull().default(''),
  status: text('status', { enum: ['active', 'disabled', 'revoked'] })
    .notNull()
    .default('active'),
  hash: text('hash').notNull(),
  prefix: text('prefix').notNull(),
  last4: text('last4').notNull(),
  previousHash: text('previous_hash'),
  previousExpiresAt: text('previous_expires_at'),
  expiresAt: text('expires_at'),
  models: text('models'),
  rpm: integer('rpm'),
  tpm: integer('tpm'),
  maxConcurrent: integer('max_concurrent'),
  ...budgetColumns,
  reasoning: text('reasoning', { enum: ['think', 'details', 'hidden'] })
    .notNull()
    .default('think'),
  // Records that an isolate, KV or a ledger kept from before this column lack it: what is not true is no.
  providerTools: integer('provider_tools', { mode: 'boolean' }).notNull().default(false),
  revision: integer('revision').notNull().default(1),
  createdAt: text('created_at')
    .notNull()
    .$defaultFn(() => new Date().toISOString()),
  updatedAt: text('updated_at').notNull().default(NOW),
});

/** One row: what a member may make without asking. */
export const memberTemplate = sqliteTable('member_template', {
  id: integer('id').primaryKey(),
  enabled: integer('enabled', { mode: 'boolean' }).notNull().default(false),
  maxKeys: integer('max_keys').notNull().default(5),
  /** A duration such as 90d. */
  expiresAfter: text('expires_after'),
  models: text('models'),
  rpm: integer('rpm'),
  tpm: integer('tpm'),
  maxConcurrent: integer('max_concurrent'),
  budgetDayUsd: real('budget_day_usd'),
  budgetWeekUsd: real('budget_week_usd'),
  budgetMonthUsd: real('budget_month_usd'),
  budgetTotalUsd: real('budget_total_usd'),
  revision: integer('revision').notNull().default(1),
  updatedAt: text('updated_at').notNull().default(sql`(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`),
});

/** Links that let one person make one key. Holds hashes, never the link. */
export const invitations = sqliteTable('invitations', {
  id: text('id').primaryKey(),
  owner: text('owner').notNull(),
  hash: text('hash').notNull(),
  createdAt: text('created_at').notNull(),
  expiresAt: text('expires_at').notNull(),
  revokedAt: text('revoked_at'),
  usedAt: text('used_at'),
  keyId: text('key_id'),
});

export const requestLogs = sqliteTable(
  'request_logs',
  {
    requestId: text('request_id').notNull(),
    kind: text('kind', { enum: ['settle', 'adjust'] }).notNull(),
    repeated: integer('repeated').notNull().default(0),
    keyId: text('key_id').notNull(),
    owner: text('owner').notNull(),
    team: text('team'),
    purpose: text('purpose').notNull(),
    endpoint: text('endpoint'),
    provider: text('provider'),
    model: text('model'),
    requestedModel: text('requested_model'),
    session: text('session'),
    tags: text('tags'),
    stream: integer('stream', { mode: 'boolean' }).notNull(),
    status: integer('status').notNull(),
    end: text('end').notNull(),
    source: text('source').notNull(),
    inputTokens: integer('input_tokens').notNull(),
    cachedTokens: integer('cached_tokens').notNull(),
    cacheWriteTokens: integer('cache_write_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    reasoningTokens: integer('reasoning_tokens').notNull(),
    costNanoUsd: integer('cost_nano_usd').notNull(),
    costUsd: text('cost_usd').generatedAlwaysAs('see migrations'),
    priceRevision: text('price_revision'),
    attempts: integer('attempts').notNull(),
    attemptDetails: text('attempt_details'),
    notice: text('notice'),
    finishReason: text('finish_reason'),
    vendorFinishReason: text('vendor_finish_reason'),
    errorCode: text('error_code'),
    startedAt: text('started_at').notNull(),
    firstTokenMs: integer('first_token_ms'),
    durationMs: integer('duration_ms').notNull(),
    colo: text('colo'),
    day: text('day').notNull(),
  },
  (table) => [primaryKey({ columns: [table.requestId, table.kind, table.keyId] })],
);

export const usageDaily = sqliteTable(
  'usage_daily',
  {
    day: text('day').notNull(),
    keyId: text('key_id').notNull(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    owner: text('owner').notNull(),
    team: text('team').notNull().default(''),
    endpoint: text('endpoint').notNull().default(''),
    requests: integer('requests').notNull(),
    errors: integer('errors').notNull(),
    ownErrors: integer('own_errors').notNull().default(0),
    providerErrors: integer('provider_errors').notNull().default(0),
    inputTokens: integer('input_tokens').notNull(),
    cachedTokens: integer('cached_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    reasoningTokens: integer('reasoning_tokens').notNull(),
    costNanoUsd: integer('cost_nano_usd').notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.day, table.keyId, table.provider, table.model, table.owner, table.team, table.endpoint],
    }),
  ],
);

/** Sums over all keys of days that are over, as far as they are kept: see usage-totals.ts. */
export const usageTotals = sqliteTable(
  'usage_totals',
  {
    day: text('day').notNull(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    team: text('team').notNull(),
    endpoint: text('endpoint').notNull(),
    requests: integer('requests').notNull(),
    errors: integer('errors').notNull(),
    ownErrors: integer('own_errors').notNull().default(0),
    providerErrors: integer('provider_errors').notNull().default(0),
    inputTokens: integer('input_tokens').notNull(),
    cachedTokens: integer('cached_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    reasoningTokens: integer('reasoning_tokens').notNull(),
    costNanoUsd: integer('cost_nano_usd').notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.provider, table.model, table.team, table.endpoint] })],
);

/** What keys have cost a month, kept beside usage_daily. */
export const usageMonthly = sqliteTable(
  'usage_monthly',
  {
    month: text('month').notNull(),
    keyId: text('key_id').notNull(),
    owner: text('owner').notNull(),
    team: text('team').notNull().default(''),
    costNanoUsd: integer('cost_nano_usd').notNull(),
  },
  (table) => [primaryKey({ columns: [table.month, table.keyId, table.owner, table.team] })],
);

export const deadLetters = sqliteTable('dead_letters', {
  id: text('id').primaryKey(),
  body: text('body').notNull(),
  reason: text('reason').notNull(),
  arrivedAt: text('arrived_at')
    .notNull()
    .$defaultFn(() => new Date().toISOString()),
});

export const ledgers = sqliteTable('ledgers', {
  keyId: text('key_id').primaryKey(),
  jurisdiction: text('jurisdiction', { enum: LEDGER_JURISDICTIONS }),
  location: text('location', { enum: LEDGER_LOCATIONS }),
  since: text('since').notNull().default(sql`(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`),
});

export const deployment = sqliteTable('deployment', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});

/*
 * The catalogue's members go by their columns' names: a row is shown, exported and imported as it stands there. Nothing
 * in the tables is checked, so of what is read no type is to be trusted (src/catalog/rows.ts).
 */
export const providers = sqliteTable('providers', {
  id: text('id').primaryKey(),
  name: text('name'),
  base_url: text('base_url'),
  key_variable: text('key_variable'),
  status: text('status'),
  rules: text('rules'),
  created_at: text('created_at'),
  updated_at: text('updated_at'),
});

export const models = sqliteTable(
  'models',
  {
    provider: text('provider').notNull(),
    id: text('id').notNull(),
    kind: text('kind'),
    context_length: integer('context_length'),
    max_output: integer('max_output'),
    inputs: text('inputs'),
    tools: integer('tools'),
    thinking: text('thinking'),
    wants_reasoning: integer('wants_reasoning'),
    note: text('note'),
    status: text('status'),
  },
  (table) => [primaryKey({ columns: [table.provider, table.id] })],
);

export const prices = sqliteTable('prices', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  provider: text('provider').notNull(),
  model: text('model').notNull(),
  valid_from: text('valid_from'),
  revision: text('revision'),
  input: real('input'),
  cached: real('cached'),
  output: real('output'),
  cache_write: real('cache_write'),
  cache_write_hour: real('cache_write_hour'),
  bands: text('bands'),
  tools: text('tools'),
});

export const routes = sqliteTable('routes', {
  name: text('name').primaryKey(),
  targets: text('targets'),
  spread: integer('spread'),
  note: text('note'),
  status: text('status'),
});

export type DeadLetter = typeof deadLetters.$inferSelect;
export type User = typeof users.$inferSelect;
export type Team = typeof teams.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;
export type MemberTemplate = typeof memberTemplate.$inferSelect;
export type InvitationRow = typeof invitations.$inferSelect;
export type RequestLogRow = typeof requestLogs.$inferSelect;

/** Budgets in USD by window, as a key, a user or a team has them. */
export type Budgets = Pick<ApiKeyRow, 'budgetDayUsd' | 'budgetWeekUsd' | 'budgetMonthUsd' | 'budgetTotalUsd'>;

/** What of a user or a team rides along with each of its keys, as new as its revision. */
export interface Level extends Budgets, Pick<Team, 'id' | 'name' | 'revision' | 'updatedAt'> {
  /** What its shared budget was made with; null where it has none yet. */
  place: Pick<LedgerPlace, 'ledgerJurisdiction' | 'ledgerLocation'> | null;
}

/**
 * A key with its owner's state, and what owner and team may spend: all that decides whether a request may run, and
 * where it is counted. Holds hashes, never a secret.
 */
export interface ApiKey extends ApiKeyRow, LedgerPlace {
  ownerStatus: User['status'];
  /** Null in no row, and missing in records that were kept by the version before, as is `team`. */
  user?: Level | null;
  /** Null for a user without a team. */
  team?: Level | null;
}

/** Where a change came from, and of people who signed in by themselves, who made it: `console:ann@example.com`. */
export type Actor = 'cli' | 'console' | 'api' | `console:${string}`;

export const audit = sqliteTable('audit', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  at: text('at').notNull(),
  actor: text('actor').$type<Actor>().notNull(),
  action: text('action').notNull(),
  target: text('target').notNull(),
  details: text('details'),
});

export type AuditRow = typeof audit.$inferSelect;
