import { eq, inArray, or } from 'drizzle-orm';
import type { Database } from './database.ts';
import { type ApiKeyRow, apiKeys } from './schema.ts';

/** What tells a key to people. */
export type KeyName = Pick<ApiKeyRow, 'id' | 'owner' | 'name' | 'prefix' | 'last4'>;

const columns = {
  id: apiKeys.id,
  owner: apiKeys.owner,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  last4: apiKeys.last4,
};

/** D1 takes 100 values at most. */
const MOST_VALUES = 90;

/** What these keys are called, by id; those that are gone are left out. */
export async function namesOfKeys(database: Database, ids: Iterable<string>): Promise<Map<string, KeyName>> {
  const asked = [...new Set(ids)].slice(0, MOST_VALUES);
  if (asked.length === 0) return new Map();
  const rows = await database.select(columns).from(apiKeys).where(inArray(apiKeys.id, asked));
  return new Map(rows.map((row) => [row.id, row]));
}

/** What somebody means by a key: its id, where only one is called so, or else the name. */
export async function meantKey(
  database: Database,
  text: string,
): Promise<{ keyId?: string | undefined; keyName?: string | undefined }> {
  if (text === '') return {};
  const [first, second] = await database
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(or(eq(apiKeys.id, text), eq(apiKeys.name, text)))
    .limit(2);
  if (second !== undefined) return { keyName: text };
  return { keyId: first?.id ?? text };
}
