import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Way } from './way.ts';

/*
 * The keys of the first start. The database keeps hashes only, so the secrets of this machine's own trial
 * stand in a file beside .dev.vars, which git ignores as well, and each start can show them again.
 */

const FILE = 'first-keys.json';
const OWNER = 'admin';

/** What each is for, and what it is called. */
const NAMES = { default: 'first', reasoning: 'first-reasoning', cursor: 'first-cursor' } as const;
type Purpose = keyof typeof NAMES;

// The first versions made none for `reasoning`.
const fileSchema = z.object({ default: z.string(), reasoning: z.optional(z.string()), cursor: z.string() });

/** A key that can be shown again: its id and its secret. */
interface FirstKey {
  id: string;
  secret: string;
}

/** One key for programs, one for those that drop reasoning, one for Cursor. */
export type FirstKeys = Record<'default' | 'cursor', FirstKey> & { reasoning: FirstKey | null };

async function rememberedSecrets(folder: string): Promise<z.output<typeof fileSchema> | null> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(join(folder, FILE), 'utf8')));
  } catch {
    return null;
  }
}

async function makeFirstKey(way: Way, purpose: Purpose): Promise<FirstKey> {
  const { id, key } = await way.makeKey(OWNER, 'sk', { purpose, name: NAMES[purpose] });
  return { id, secret: key };
}

async function makeFirstKeys(way: Way, folder: string): Promise<FirstKeys> {
  const keys = {
    default: await makeFirstKey(way, 'default'),
    reasoning: await makeFirstKey(way, 'reasoning'),
    cursor: await makeFirstKey(way, 'cursor'),
  };
  const secrets = Object.fromEntries(Object.entries(keys).map(([purpose, { secret }]) => [purpose, secret]));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, FILE), `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return keys;
}

async function ifUsable(way: Way, secret: string | undefined): Promise<FirstKey | null> {
  const id = secret === undefined ? null : await way.verifyKey(secret);
  return id === null || secret === undefined ? null : { id, secret };
}

/**
 * Makes the first user and keys in an empty database; else those of the first start, or null once they are gone.
 * Their secrets are kept in `folder`, which goes with the database.
 */
export async function firstKeys(way: Way, folder: string): Promise<FirstKeys | null> {
  const { data } = await way.listKeys(null);
  if (data.length === 0) return await makeFirstKeys(way, folder);
  const remembered = await rememberedSecrets(folder);
  if (remembered === null) return null;
  const plain = await ifUsable(way, remembered.default);
  const cursor = await ifUsable(way, remembered.cursor);
  if (plain === null || cursor === null) return null;
  return { default: plain, cursor, reasoning: await ifUsable(way, remembered.reasoning) };
}
