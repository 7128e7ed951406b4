import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { hashSecret, keyId, newSecret } from '../keys/secret.ts';
import type { Database } from '../store/database.ts';
import { createKey, listKeys } from '../store/keys.ts';
import { LOCAL_FOLDER } from './project.ts';
import { openRemoteControl } from './remote-control.ts';
import type { Target } from './target.ts';

/*
 * The keys of the first start. The database keeps hashes only, so the secrets of this machine's own trial
 * stand in a file beside .dev.vars, which git ignores as well, and each start can show them again.
 */

const FILE = 'first-keys.json';
const OWNER = 'admin';
// Databases of earlier versions began with two keys.
const fileSchema = z.object({ default: z.string(), cursor: z.string(), reasoning: z.optional(z.string()) });

/** One secret for programs, one for Cursor, one for agents that drop reasoning. */
export type FirstKeys = z.output<typeof fileSchema>;

async function rememberedKeys(folder: string): Promise<FirstKeys | null> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(join(folder, FILE), 'utf8')));
  } catch {
    return null;
  }
}

async function makeKey(database: Database, purpose: string): Promise<string> {
  const { secret, ...stored } = await newSecret('sk');
  const name = purpose === 'default' ? 'first' : `first-${purpose}`;
  await createKey(database, { id: keyId(Date.now()), owner: OWNER, purpose, name, ...stored }, 'cli');
  return secret;
}

async function makeFirstKeys(database: Database, folder: string): Promise<FirstKeys> {
  const [plain, cursor, reasoning] = await Promise.all([
    makeKey(database, 'default'),
    makeKey(database, 'cursor'),
    makeKey(database, 'reasoning'),
  ]);
  const keys = { default: plain, cursor, reasoning };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, FILE), `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  return keys;
}

/** Makes the first user and keys in an empty database; else those of the first start, or null once they are gone. */
export async function firstKeys(target: Target): Promise<FirstKeys | null> {
  const database = openRemoteControl(target);
  // Beside the database whose keys they are.
  const folder = target.persistTo ?? LOCAL_FOLDER;
  const { data } = await listKeys(database, { limit: 1000 });
  if (data.length === 0) return await makeFirstKeys(database, folder);
  const remembered = await rememberedKeys(folder);
  if (remembered === null) return null;
  const usable = new Set(data.filter((key) => key.status === 'active').map((key) => key.hash));
  const hashes = await Promise.all(
    Object.values(remembered).flatMap((secret) => (secret === undefined ? [] : [hashSecret(secret)])),
  );
  return hashes.every((hash) => usable.has(hash)) ? remembered : null;
}
