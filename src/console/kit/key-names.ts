import { maskSecret } from '../../keys/secret.ts';
import type { Database } from '../../store/database.ts';
import { type KeyName, namesOfKeys } from '../../store/key-names.ts';
import type { RequestLogRow } from '../../store/schema.ts';

/** What a key is called: its name, or what may be shown of its secret. */
export function nameOfKey(key: Pick<KeyName, 'name' | 'prefix' | 'last4'>): string {
  return key.name || maskSecret(key);
}

/** What the keys of these rows are called, by id. */
export async function keyNamesOf(database: Database, rows: readonly RequestLogRow[]): Promise<Map<string, string>> {
  const names = await namesOfKeys(
    database,
    rows.map(({ keyId }) => keyId),
  );
  return new Map([...names].map(([id, key]) => [id, nameOfKey(key)]));
}
