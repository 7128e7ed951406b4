import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { DEV_VARS } from './project.ts';

/** Makes .dev.vars from its example, with a secret of its own, if it is not there. True when it made one. */
export async function ensureDevVars(): Promise<boolean> {
  if (existsSync(DEV_VARS)) return false;
  const example = await readFile(`${DEV_VARS}.example`, 'utf8');
  const secret = randomBytes(32).toString('base64url');
  const content = example.replace(/^INTERNAL_SECRET=.*$/m, `INTERNAL_SECRET=${secret}`);
  await writeFile(DEV_VARS, content, { mode: 0o600, flag: 'wx' });
  return true;
}

/** What .dev.vars says; nothing where there is none. */
export async function readDevVars(): Promise<NodeJS.Dict<string>> {
  try {
    return parseEnv(await readFile(DEV_VARS, 'utf8'));
  } catch {
    return {};
  }
}

/** The variables of a local router: the environment's, else those of .dev.vars. */
export async function readVariables(): Promise<NodeJS.Dict<string>> {
  return { ...(await readDevVars()), ...process.env };
}
