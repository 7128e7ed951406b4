import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';

/** The texts of a form's fields, by name. */
export type FieldValues = Record<string, string>;

/** No form of ours is longer. */
const MOST_BYTES = 64 * 1024;

/** Refuses bodies that cannot be a form of ours, before they fill the memory. */
export const limitForm = bodyLimit({
  maxSize: MOST_BYTES,
  onError: (c) => c.text('This is more than any form of this router holds.', 413),
});

/** A form's fields. Spaces at the ends are slips of the hand; a body that is no form has no fields. */
export async function readForm(c: Context): Promise<FieldValues> {
  const fields: FieldValues = Object.create(null);
  // Decoded here: the runtime warns of text() on anything that does not call itself text.
  const body = new TextDecoder().decode(await c.req.arrayBuffer());
  for (const [name, value] of new URLSearchParams(body)) fields[name] = value.trim();
  return fields;
}
