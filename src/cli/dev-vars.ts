import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseEnv } from 'node:util';
import { DEV_VARS } from './project.ts';

/** The file that a local router reads: an environment's own where there is one, as wrangler has it. */
function fileOf(environment: string | null): string {
  const own = `${DEV_VARS}.${environment}`;
  return environment !== null && existsSync(own) ? own : DEV_VARS;
}

/** What the file that a local router reads is called. */
export function devVarsName(environment: string | null): string {
  return basename(fileOf(environment));
}

/** Makes .dev.vars from its example, with a secret of its own, where the router would find none. True when it made one. */
export async function ensureDevVars(environment: string | null): Promise<boolean> {
  if (existsSync(fileOf(environment))) return false;
  const example = await readFile(`${DEV_VARS}.example`, 'utf8');
  const secret = randomBytes(32).toString('base64url');
  const content = example.replace(/^INTERNAL_SECRET=.*$/m, `INTERNAL_SECRET=${secret}`);
  await writeFile(DEV_VARS, content, { mode: 0o600, flag: 'wx' });
  return true;
}

/** What the file of a local router says; nothing where there is none. */
export async function readDevVars(environment: string | null): Promise<NodeJS.Dict<string>> {
  try {
    return parseEnv(await readFile(fileOf(environment), 'utf8'));
  } catch {
    return {};
  }
}

/** The variables of a local router: the environment's, else those of .dev.vars. */
export async function readVariables(): Promise<NodeJS.Dict<string>> {
  return { ...(await readDevVars(null)), ...process.env };
}
