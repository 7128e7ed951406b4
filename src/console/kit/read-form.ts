import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod/mini';
import { parseJson } from '../../protocol/json.ts';

/** The texts of a form's fields, by name. */
export type FieldValues = Record<string, string>;

/** No form of ours is longer. */
const MOST_BYTES = 64 * 1024;

/** Refuses bodies that cannot be a form of ours, before they fill the memory. */
export const limitForm = bodyLimit({
  maxSize: MOST_BYTES,
  onError: (c) => c.text('This is more than any form of this router holds.', 413),
});

/** What a form was made of: the revision of what it changes, and the values that it showed of it. */
export interface Seen {
  revision: number;
  values: FieldValues;
}

/** The names of the unseen fields that a form takes it along in. */
export const SEEN_FIELDS = { revision: 'revision', values: 'seen' };

/** What somebody wants changed: of all that a form sends only what is not as the form showed it. */
export interface Edit {
  /** Null for a form that does not say what it was made of. */
  seen: Seen | null;
  changed: FieldValues;
}

const valuesSchema = z.record(z.string(), z.string());

/** Reads a form that takes along what it was made of: without it a page opened earlier would undo what was set since. */
export function readEdit(fields: FieldValues): Edit {
  const { [SEEN_FIELDS.revision]: revision = '', [SEEN_FIELDS.values]: shown = '', ...typed } = fields;
  if (!/^\d{1,15}$/.test(revision)) return { seen: null, changed: typed };
  const values = valuesSchema.safeParse(parseJson(shown)).data ?? {};
  // Trimmed as what was typed is.
  const changed = Object.entries(typed).filter(([name, value]) => values[name]?.trim() !== value);
  return { seen: { revision: Number(revision), values }, changed: Object.fromEntries(changed) };
}

/**
 * A form's fields. Spaces at the ends are slips of the hand; a body that is no form has no fields. What comes several
 * times under one name, as boxes that are ticked do, is one list.
 */
export async function readForm(c: Context): Promise<FieldValues> {
  const fields: FieldValues = Object.create(null);
  // Decoded here: the runtime warns of text() on anything that does not call itself text.
  const body = new TextDecoder().decode(await c.req.arrayBuffer());
  for (const [name, value] of new URLSearchParams(body)) {
    const parts = [fields[name] ?? '', value.trim()];
    fields[name] = parts.filter((part) => part !== '').join(',');
  }
  return fields;
}
