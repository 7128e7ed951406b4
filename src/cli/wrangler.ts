import { execFile } from 'node:child_process';
import { PROJECT } from './project.ts';
import type { Target } from './target.ts';

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

/** The flags that make wrangler mean the same database as `target`. */
export function targetFlags(target: Target): string[] {
  const flags = [target.remote ? '--remote' : '--local'];
  if (target.env !== null) flags.push('--env', target.env);
  if (target.persistTo !== null) flags.push('--persist-to', target.persistTo);
  return flags;
}

/** Runs wrangler to its end without a shell. Never throws for its exit code. */
export function runWrangler(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  // NO_COLOR beside FORCE_COLOR makes Node complain on standard error.
  const { NO_COLOR: _, ...environment } = process.env;
  const options = { cwd: PROJECT, env: { ...environment, ...QUIET, CI: '1' }, maxBuffer: 256 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(process.execPath, [WRANGLER, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}
