import { en } from 'zod/locales';
import * as z from 'zod/mini';

/*
 * What a column of the catalogue may hold. It comes from D1, KV, JSON, a form or a flag: numbers may come as text, JSON
 * as text or as what it says, and an empty text is NULL.
 */

// The small zod brings no words of its own, and here they tell people what to correct.
z.config(en());

/** A column that may be left out: NULL stands for as built in, or not known. */
export function orNull<T extends z.ZodMiniType>(schema: T) {
  return z.pipe(
    z.transform((value): unknown => (value === undefined || value === '' ? null : value)),
    z.nullable(schema),
  );
}

/** A column that holds JSON. */
export function json<T extends z.ZodMiniType>(schema: T) {
  return z.pipe(
    z.transform((value, context): unknown => {
      if (typeof value !== 'string') return value;
      try {
        return JSON.parse(value);
      } catch {
        context.issues.push({ code: 'custom', message: 'is not JSON', input: value });
        return z.NEVER;
      }
    }),
    schema,
  );
}

/** A number, or text that spells one. */
function number(rule: string) {
  return z.pipe(
    z.transform((value): unknown =>
      typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value,
    ),
    z.number(rule),
  );
}

const COUNT_RULE = 'must be a whole number of tokens from 0 to 1000000000';
/** A number of tokens. */
export const count = z.pipe(
  number(COUNT_RULE),
  z.int(COUNT_RULE).check(z.minimum(0, COUNT_RULE), z.maximum(1_000_000_000, COUNT_RULE)),
);

const USD_RULE = 'must be an amount in USD from 0 to 1000000 with at most six decimals';
/** USD a million tokens, or a call. Six decimals keep the arithmetic of bills exact. */
export const usd = z.pipe(
  number(USD_RULE),
  z.number().check(
    z.nonnegative(USD_RULE),
    z.maximum(1_000_000, USD_RULE),
    z.refine((value) => Math.abs(value * 1e6 - Math.round(value * 1e6)) < 1e-4, USD_RULE),
  ),
);

const FLAG_RULE = 'must be 0 or 1';
const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...([1, '1', 'true', 'on'] as const).map((word) => [word, true] as const),
  ...([0, '0', 'false', 'off'] as const).map((word) => [word, false] as const),
]);
/** A switch, as SQLite, JSON and people write one. */
export const flag = z.pipe(
  z.transform((value): unknown => FLAGS.get(value) ?? value),
  z.boolean(FLAG_RULE),
);

const STATUS_RULE = 'must be active or disabled';
/** Whether a row is used. */
export const status = z.pipe(
  z.transform((value): unknown => (value === undefined || value === null || value === '' ? 'active' : value)),
  z.enum(['active', 'disabled'], STATUS_RULE),
);

const TIME_RULE = 'must be a day or an instant in UTC such as 2026-12-31 or 2026-12-31T18:00:00Z';
const SQLITE_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)?)?$/;
/** A day, or an instant in UTC, as ISO text; SQLite's own form of it too. */
export const time = z.pipe(
  z.transform((value): unknown =>
    typeof value === 'string' && SQLITE_TIME.test(value) ? `${value.replace(' ', 'T')}Z` : value,
  ),
  z.union([z.iso.date(), z.iso.datetime()], TIME_RULE),
);

/** A text that people read. */
export const words = z.string().check(z.maxLength(500, 'must have at most 500 characters'));

const LONGEST_NAME = 160;
const NAME = /^[\p{L}\p{N}@][\p{L}\p{N}._:@+-]*(\/[\p{L}\p{N}._:@+-]+)*$/u;
const NAME_RULE = `must be 1 to ${LONGEST_NAME} letters, digits and . _ : @ + -, with slashes between them`;

/** A model's id within its provider. */
export const modelId = z.string(NAME_RULE).check(z.maxLength(LONGEST_NAME, NAME_RULE), z.regex(NAME, NAME_RULE));

const PROVIDER_RULE = 'must be 1 to 40 of the characters a-z 0-9 _ -, a letter or digit first';
/** A provider's id: what a model's name begins with. */
export const providerId = z.string(PROVIDER_RULE).check(z.regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, PROVIDER_RULE));

const ROUTE_RULE = `${NAME_RULE}; it may end in * for all names that begin so`;
/** A route's name. Words that a key's list knows otherwise are none. */
export const routeName = z.string(ROUTE_RULE).check(
  z.maxLength(LONGEST_NAME, ROUTE_RULE),
  z.refine((name) => name === '*' || NAME.test(name.replace(/(?<=.)\/?\*$/, '')), ROUTE_RULE),
  z.refine((name) => !['all', 'none'].includes(name), 'must be neither "all" nor "none"'),
);

/** What is wrong with a value, and where in it. */
export function reasonOf(error: z.core.$ZodError): string {
  const issue = error.issues[0];
  const place = issue?.path.map(String).join('.') ?? '';
  const reason =
    issue?.code === 'unrecognized_keys'
      ? `"${issue.keys[0] ?? ''}" is not known here`
      : (issue?.message ?? 'is not valid');
  return place === '' ? reason : `${place} ${reason}`;
}
