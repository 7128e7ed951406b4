import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { runCommand } from '../../src/cli/command.ts';
import { QUIET, WRANGLER } from '../../src/cli/wrangler.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

function runNode(args: string[], env: Record<string, string>): Promise<Ran> {
  const options = { cwd: PROJECT, env: { ...process.env, ROUTER_URL: '', INTERNAL_SECRET: '', ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

/** Runs the command line as npm's scripts do. `PORT=1` is a port where no router can be. */
export function runCli(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  return runNode([MAIN, ...args], { PORT: '1', ...env });
}

/** Runs wrangler as the README shows it. */
export function runWranglerCli(args: string[]): Promise<Ran> {
  return runNode([WRANGLER, ...args], { ...QUIET, CI: '1' });
}

/** Runs the command line in this process, which is many times faster. */
export async function runHere(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  for (const [name, value] of Object.entries({ ROUTER_URL: '', INTERNAL_SECRET: '', PORT: '1', ...env })) {
    vi.stubEnv(name, value);
  }
  const printed = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    }),
  );
  const code = await runCommand(args);
  for (const spy of spies) spy.mockRestore();
  vi.unstubAllEnvs();
  return { code, ...printed };
}
