import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Mistake } from './mistake.ts';
import type { Place } from './place.ts';
import { PROJECT } from './project.ts';

/** Wrangler's own script: started through npx its children would outlive it. */
export const WRANGLER = `${PROJECT}node_modules/wrangler/bin/wrangler.js`;

/** No questions, banners, log files or telemetry from a command that a script may run. */
export const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_WRITE_LOGS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  FORCE_COLOR: '0',
};

/** The flags that make wrangler mean the same database as `place`. */
export function placeFlags(place: Place): string[] {
  const flags = [place.remote ? '--remote' : '--local'];
  if (place.env !== null) flags.push('--env', place.env);
  if (place.persistTo !== null) flags.push('--persist-to', place.persistTo);
  return flags;
}

/** Throws Mistake where wrangler is not there: it is a development dependency, which some installs leave out. */
export function assertInstalled(): void {
  if (!existsSync(WRANGLER)) throw new Mistake('Wrangler is not installed. Run: npm install --include=dev');
}

/**
 * The environment of a wrangler whose output we read. What the person's own variables would change in it is set here:
 * WRANGLER_LOG=error, for one, leaves out the very rows that were asked for.
 */
function plainEnvironment(): NodeJS.ProcessEnv {
  // NO_COLOR beside FORCE_COLOR makes Node complain on standard error.
  const { NO_COLOR: _, ...environment } = process.env;
  // The environment is in `--env`, or there is none: a variable must not choose another database than we said.
  return { ...environment, ...QUIET, CI: '1', WRANGLER_LOG: 'log', CLOUDFLARE_ENV: '' };
}

/** Runs wrangler to its end without a shell. Never throws for its exit code. Throws Mistake where it is not installed. */
export async function runWrangler(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  assertInstalled();
  const options = { cwd: PROJECT, env: plainEnvironment(), maxBuffer: 256 * 1024 * 1024 };
  return await new Promise((resolve) => {
    execFile(process.execPath, [WRANGLER, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}
