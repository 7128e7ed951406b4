import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFile } from '../e2e/clone.ts';
import type { Client } from './client.ts';

/** Where clients are installed: outside of the project, and kept for the next run. */
const CACHE = process.env['AGENTS_CACHE'] ?? join(tmpdir(), 'llm-router-agents');

type Installed = { kind: 'installed'; program: string } | { kind: 'missing'; why: string };

/** A package with a program in it. */
interface Program extends Pick<Client, 'package' | 'version' | 'program'> {
  /** Versions of what it depends on, where its own choice does not work. */
  overrides?: Readonly<Record<string, string>>;
}

/** Installs a package where it is not there yet. Its install scripts do not run: some fetch programs from elsewhere. */
export async function install(client: Program): Promise<Installed> {
  const folder = join(CACHE, `${client.package.replace(/\W+/g, '-')}@${client.version}`);
  const program = join(folder, 'node_modules', client.program);
  if (existsSync(program)) return { kind: 'installed', program };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, overrides: client.overrides }));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--no-package-lock'];
  const { code, stderr } = await runFile('npm', ['install', ...flags, `${client.package}@${client.version}`], folder);
  if (code !== 0) return { kind: 'missing', why: `npm install failed: ${stderr.trim().split('\n').at(-1)}` };
  return existsSync(program) ? { kind: 'installed', program } : { kind: 'missing', why: `no ${client.program} in it` };
}
