import * as z from 'zod/mini';
import { logLine } from './log-line.ts';
import { RouterError } from './protocol/errors.ts';
import {
  LEDGER_JURISDICTIONS,
  LEDGER_LOCATIONS,
  type LedgerJurisdiction,
  type LedgerLocation,
} from './protocol/ledger-place.ts';
import { usdToNano } from './protocol/money.ts';
import { isSafeUrl } from './protocol/safe-url.ts';

const CACHE_SCOPES = ['key', 'user', 'team'] as const;

/** Where alerts go. */
export interface AlertWebhook {
  url: string;
  /** The bytes that they are signed with; null where they are not. */
  secret: Uint8Array<ArrayBuffer> | null;
}

/** The variables of the contract's section 6, checked. All times are milliseconds. */
export interface Config {
  testProvider: boolean;
  /** Null when unset or too weak: the routes that need it answer 404. */
  internalSecret: string | null;
  debug: boolean;
  commitAfterMs: number;
  keepAliveMs: number;
  firstByteTimeoutMs: number;
  idleTimeoutMs: number;
  drainMs: number;
  leaseTtlMs: number;
  /** How long a stream may be without its first event while another target is left. */
  fallbackAfterMs: number;
  /** Whose requests share a provider's prompt cache. */
  cacheScope: (typeof CACHE_SCOPES)[number];
  maxBodyBytes: number;
  logRetentionDays: number;
  budgetUtcOffset: string;
  reasoningMemory: boolean;
  /** Whether MODELS_JSON is still set, which nobody reads any more. */
  hasModelsJson: boolean;
  /** Null where nobody wants alerts. */
  alertWebhook: AlertWebhook | null;
  /** How long a ledger keeps what is idle of a shared budget. */
  blockTtlMs: number;
  /** Where new ledgers are made: a hint, and a bound. Null for near who asks first, and for none. */
  ledgerLocation: LedgerLocation | null;
  ledgerJurisdiction: LedgerJurisdiction | null;
  /** No request holds more of a budget than this while it runs. */
  holdCapNanoUsd: number;
  /** Null where nobody signs in with Cloudflare Access. */
  access: Access | null;
}

/** Cloudflare Access in front of /admin and /me. */
export interface Access {
  /** The team's address, which is also who signs: without a path. */
  teamDomain: string;
  /** The AUD tags of the applications that count; at least one. */
  audience: readonly string[];
  /** In small letters: addresses, and `*@example.com` for all of a domain. */
  adminEmails: readonly string[];
}

/** An empty variable counts as unset: `.dev.vars` cannot say it otherwise. */
function variable<T extends z.ZodMiniType>(schema: T, fallback: z.input<T>) {
  return z.pipe(
    z.transform((value): unknown => (value === undefined || value === '' ? fallback : value)),
    schema,
  );
}

const WHOLE_RULE = 'must be a whole number';
const digits = z.pipe(
  z.union([z.number(), z.string().check(z.regex(/^\d+$/, WHOLE_RULE))], WHOLE_RULE),
  z.transform(Number),
);

function wholeNumber(largest: number) {
  return z.pipe(
    digits,
    z.int(WHOLE_RULE).check(z.minimum(1, 'must be at least 1'), z.maximum(largest, `must be at most ${largest}`)),
  );
}

// A day: what takes longer is a slip of the hand.
const milliseconds = wholeNumber(86_400_000);

const flag = z.pipe(
  z.union([z.boolean(), z.enum(['true', 'false'])], 'must be true or false'),
  z.transform((value) => value === true || value === 'true'),
);

/** Texts separated by commas. */
function listOf(member: RegExp, rule: string) {
  return z.pipe(
    z.transform((value) =>
      String(value)
        .split(',')
        .map((text) => text.trim())
        .filter((text) => text !== ''),
    ),
    z.array(z.string().check(z.regex(member, rule))),
  );
}

function isOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && isSafeUrl(url) && url.href === `${url.origin}/`;
}

/** One of some words; null for none. */
function oneOf<T extends string>(words: readonly T[]) {
  const rule = `must be one of ${words.join(', ')}, or empty`;
  return z.union(
    [
      z.pipe(
        z.literal(''),
        z.transform(() => null),
      ),
      z.enum(words),
    ],
    rule,
  );
}

const WEBHOOK_RULE = 'must be 24 to 64 bytes in base64 behind "whsec_": echo "whsec_$(openssl rand -base64 32)"';

/** The bytes of a secret as Standard Webhooks writes it; null for none. https://www.standardwebhooks.com/ */
const webhookSecret = z.pipe(
  z.string(),
  z.transform((text, context): AlertWebhook['secret'] => {
    const secret = text.trim();
    if (secret === '') return null;
    const [, base64 = ''] = /^(?:whsec_)?([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
    const isWhole = base64.length % 4 === 0 && base64.length >= 32 && base64.length <= 88;
    if (isWhole) return Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
    context.issues.push({ code: 'custom', message: WEBHOOK_RULE, input: text });
    return z.NEVER;
  }),
);

const USD_RULE = 'must be an amount in USD such as 10';

const variablesSchema = z.object({
  TEST_PROVIDER: variable(flag, 'false'),
  INTERNAL_SECRET: variable(z.string(), ''),
  DEBUG: variable(flag, 'false'),
  COMMIT_AFTER_MS: variable(milliseconds, '8000'),
  KEEP_ALIVE_MS: variable(milliseconds, '15000'),
  FIRST_BYTE_TIMEOUT_MS: variable(milliseconds, '600000'),
  IDLE_TIMEOUT_MS: variable(milliseconds, '300000'),
  DRAIN_MS: variable(milliseconds, '25000'),
  LEASE_TTL_MS: variable(milliseconds, '180000'),
  FALLBACK_AFTER_MS: variable(milliseconds, '30000'),
  BLOCK_TTL_MS: variable(milliseconds, '600000'),
  CACHE_SCOPE: variable(z.enum(CACHE_SCOPES, 'must be key, user or team'), 'user'),
  // The platform takes no larger bodies.
  MAX_BODY_BYTES: variable(wholeNumber(104_857_600), '10485760'),
  LOG_RETENTION_DAYS: variable(wholeNumber(36_500), '30'),
  BUDGET_UTC_OFFSET: variable(
    z.string().check(z.regex(/^[+-](0\d|1[0-4]):[0-5]\d$/, 'must look like +08:00')),
    '+00:00',
  ),
  LEDGER_LOCATION: variable(oneOf(LEDGER_LOCATIONS), ''),
  LEDGER_JURISDICTION: variable(oneOf(LEDGER_JURISDICTIONS), ''),
  REASONING_MEMORY: variable(z.enum(['on', 'off'], 'must be on or off'), 'on'),
  MODELS_JSON: z.optional(z.unknown()),
  ALERT_WEBHOOK_SECRET: variable(webhookSecret, ''),
  ALERT_WEBHOOK_URL: variable(
    z
      .string()
      .check(
        z.refine(
          (text) => text === '' || (URL.canParse(text) && isSafeUrl(new URL(text))),
          'must be a URL that begins with https:// (http:// only for this machine)',
        ),
      ),
    '',
  ),
  HOLD_CAP_USD: variable(
    z.pipe(
      z.union([z.number(), z.string().check(z.regex(/^\d{1,7}(\.\d{1,9})?$/, USD_RULE))], USD_RULE),
      z.transform(Number),
    ),
    '10',
  ),
  ACCESS_TEAM_DOMAIN: variable(
    z
      .string()
      .check(
        z.refine(
          (text) => text === '' || isOrigin(text),
          'must be an address such as https://TEAM.cloudflareaccess.com (http:// only for this machine)',
        ),
      ),
    '',
  ),
  ACCESS_AUDIENCE: variable(
    listOf(/^[\w-]+$/, 'must be the AUD tag of an Access application, or several, separated by commas'),
    '',
  ),
  ADMIN_EMAILS: variable(
    listOf(
      /^(\*|[^\s@*]+)@[^\s@*]+$/,
      'must be e-mail addresses separated by commas; *@example.com stands for all of a domain',
    ),
    '',
  ),
});

/** Blanks and line ends around a secret are how it was pasted, no part of it. Null for one that is soon guessed. */
function readSecret(text: string): string | null {
  const secret = text.trim();
  if (secret.length >= 32 && new Set(secret).size >= 8) return secret;
  // From outside nothing is told of it: what the secret would open is simply not there.
  if (secret !== '') logLine('error', 'weak_internal_secret', { needs: 'at least 32 characters, 8 of them different' });
  return null;
}

/** Both variables or neither: secrets are set one by one, so half of it is no fault that everybody should meet. */
function readAccess(variables: z.output<typeof variablesSchema>): Access | null {
  const { ACCESS_TEAM_DOMAIN: domain, ACCESS_AUDIENCE: audience, ADMIN_EMAILS: emails } = variables;
  if (domain !== '' && audience.length > 0) {
    const adminEmails = emails.map((email) => email.toLowerCase());
    return { teamDomain: new URL(domain).origin, audience, adminEmails };
  }
  if (domain !== '' || audience.length > 0) {
    logLine('error', 'half_of_access', { needs: 'ACCESS_TEAM_DOMAIN and ACCESS_AUDIENCE' });
  }
  return null;
}

/** Models, prices and names of one's own were in a variable once. Whoever still sets it should know that it does nothing. */
function tellOfModelsJson(value: unknown): boolean {
  if (value === undefined || value === '') return false;
  logLine('error', 'models_json_is_not_read', { do: 'npm run models -- import FILE, then remove the variable' });
  return true;
}

function parse(env: Cloudflare.Env): Config {
  const parsed = variablesSchema.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0] ?? 'a variable');
    throw new RouterError(
      'invalid_configuration',
      `The variable ${name} ${issue?.message ?? 'is not valid'}. Correct it in .dev.vars or with "wrangler secret put ${name}".`,
      { param: name },
    );
  }
  const variables = parsed.data;
  return {
    testProvider: variables.TEST_PROVIDER,
    internalSecret: readSecret(variables.INTERNAL_SECRET),
    debug: variables.DEBUG,
    commitAfterMs: variables.COMMIT_AFTER_MS,
    keepAliveMs: variables.KEEP_ALIVE_MS,
    firstByteTimeoutMs: variables.FIRST_BYTE_TIMEOUT_MS,
    idleTimeoutMs: variables.IDLE_TIMEOUT_MS,
    drainMs: variables.DRAIN_MS,
    leaseTtlMs: variables.LEASE_TTL_MS,
    fallbackAfterMs: variables.FALLBACK_AFTER_MS,
    cacheScope: variables.CACHE_SCOPE,
    maxBodyBytes: variables.MAX_BODY_BYTES,
    logRetentionDays: variables.LOG_RETENTION_DAYS,
    budgetUtcOffset: variables.BUDGET_UTC_OFFSET,
    reasoningMemory: variables.REASONING_MEMORY === 'on',
    hasModelsJson: tellOfModelsJson(variables.MODELS_JSON),
    alertWebhook:
      variables.ALERT_WEBHOOK_URL === ''
        ? null
        : { url: variables.ALERT_WEBHOOK_URL, secret: variables.ALERT_WEBHOOK_SECRET },
    blockTtlMs: variables.BLOCK_TTL_MS,
    ledgerLocation: variables.LEDGER_LOCATION,
    ledgerJurisdiction: variables.LEDGER_JURISDICTION,
    holdCapNanoUsd: usdToNano(variables.HOLD_CAP_USD),
    access: readAccess(variables),
  };
}

/** Variables do not change while an isolate lives, so each env is read once. */
const parsedConfigs = new WeakMap<Cloudflare.Env, Config>();

/** Reads the variables through one schema. Throws RouterError `invalid_configuration` naming the first bad one. */
export function readConfig(env: Cloudflare.Env): Config {
  const known = parsedConfigs.get(env);
  if (known !== undefined) return known;
  const config = parse(env);
  parsedConfigs.set(env, config);
  return config;
}
