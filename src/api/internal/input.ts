import type { Context, Next } from 'hono';
import * as z from 'zod/mini';
import { RouterError } from '../../protocol/errors.ts';
import type { Actor } from '../../store/schema.ts';

/** Our own command line says that it is the one who calls; whoever holds the secret is believed. */
export function actorOf(c: Context): Actor {
  return c.req.header('x-actor') === 'cli' ? 'cli' : 'api';
}

/** A value that passed its schema. Throws RouterError `invalid_value` naming the member that did not. */
function checked<T extends z.ZodMiniType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const name = issue.keys[0] ?? '';
    throw new RouterError('invalid_value', `"${name}" is not known here. Leave it out or correct its name.`, {
      param: name,
    });
  }
  const param = issue?.path.join('.') || 'body';
  throw new RouterError('invalid_value', `${param}: ${issue?.message ?? 'is not valid'}`, { param });
}

/** For changes: at least one member is to be there. */
export const namesSomething = z.refine<Record<string, unknown>>(
  (change) => Object.values(change).some((value) => value !== undefined),
  'names nothing to change',
);

/** The JSON body, checked. An empty body counts as `{}`. */
export async function readJsonBody<T extends z.ZodMiniType>(c: Context, schema: T): Promise<z.output<T>> {
  const text = await c.req.text();
  if (text.trim() === '') return checked(schema, {});
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new RouterError('invalid_json', 'The body is not JSON.', { param: 'body' });
  }
  return checked(schema, body);
}

/**
 * The query's parameters, checked. An empty one counts as left out. Throws RouterError `invalid_value` naming those
 * that are not in the shape or stand there twice: with a slip in a filter the answer would else be about something else.
 */
export function readQuery<Shape extends z.core.$ZodLooseShape>(
  c: Context,
  shape: Shape,
): z.output<z.ZodMiniObject<Shape>> {
  const query = c.req.query();
  const twice = Object.entries(c.req.queries()).find(([, values]) => values.length > 1);
  if (twice !== undefined) {
    const message = `${twice[0]} stands in the query twice. Name it once.`;
    throw new RouterError('invalid_value', message, { param: twice[0] });
  }
  const unknown = Object.keys(query).filter((name) => !Object.hasOwn(shape, name));
  if (unknown.length > 0) {
    const known = Object.keys(shape);
    const takes = known.length === 0 ? 'takes none' : `takes ${known.join(', ')}`;
    throw new RouterError(
      'invalid_value',
      `Not known in the query: ${unknown.join(', ')}. ${c.req.method} ${c.req.path} ${takes}.`,
      { param: unknown[0] ?? 'query' },
    );
  }
  return checked(z.object(shape), Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '')));
}

/** For routes that take no parameters in their query. */
export async function noQuery(c: Context, next: Next): Promise<void> {
  readQuery(c, {});
  await next();
}

/** A number from 1 on in the query, in digits alone: `0x10` and `1e1` are slips. */
export function wholeNumber(most: number, rule: string) {
  return z.pipe(
    z.string().check(z.regex(/^\d{1,9}$/, rule)),
    z.pipe(z.transform(Number), z.number().check(z.minimum(1, rule), z.maximum(most, rule))),
  );
}

const LIMIT_RULE = 'must be a whole number from 1 to 200';
const limitSchema = z._default(wholeNumber(200, LIMIT_RULE), 50);
const CURSOR_RULE = 'must be a next_cursor of an earlier answer';

/** `limit` and `cursor` of a list whose cursors look like `form`: with any other it would seem to be at its end. */
export function pageShape(form: RegExp) {
  return {
    limit: limitSchema,
    cursor: z._default(z.nullable(z.string().check(z.maxLength(128, CURSOR_RULE), z.regex(form, CURSOR_RULE))), null),
  };
}

/** `cursor` of what is done slice by slice, key by key. */
export const cursorShape = {
  cursor: z._default(z.nullable(z.string().check(z.regex(/^[^\p{Cc}]{1,128}$/u, CURSOR_RULE))), null),
};

const DAY_RULE = 'must be a day such as 2026-11-23';

/** `from` and `to`: days, both included. */
export const daysShape = { from: z.optional(z.iso.date(DAY_RULE)), to: z.optional(z.iso.date(DAY_RULE)) };
