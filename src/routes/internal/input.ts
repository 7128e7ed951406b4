import type { Context } from 'hono';
import * as z from 'zod';
import { RouterError } from '../../protocol/errors.ts';

/** A value that passed its schema. Throws RouterError `invalid_value` naming the member that did not. */
export function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const name = issue.keys[0] ?? '';
    throw new RouterError('invalid_value', `"${name}" is not known here. Leave it out or correct its name.`, {
      param: name,
    });
  }
  const param = issue?.path.join('.') ?? '';
  const message = issue?.message ?? 'is not valid';
  throw new RouterError(
    'invalid_value',
    param === '' ? `The body: ${message}` : `${param}: ${message}`,
    param === '' ? {} : { param },
  );
}

/** The JSON body, checked. An empty body counts as `{}`. */
export async function readBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const text = await c.req.text();
  if (text.trim() === '') return checked(schema, {});
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new RouterError('invalid_json', 'The body is not JSON.');
  }
  return checked(schema, body);
}

const pageSchema = z.object({
  limit: z.coerce.number('must be a number from 1 to 200').int().min(1).max(200, 'must be at most 200').default(50),
  cursor: z
    .string()
    .max(128)
    .optional()
    .transform((cursor) => cursor || null),
});

/** `?limit=` and `?cursor=` of a list. */
export function readPage(c: Context): z.output<typeof pageSchema> {
  return checked(pageSchema, { limit: c.req.query('limit') || undefined, cursor: c.req.query('cursor') });
}
