import { spawn } from 'node:child_process';
import { noPositional, readArguments } from './arguments.ts';
import { databaseFailure } from './failure.ts';
import { Mistake } from './mistake.ts';
import { say } from './print.ts';
import { PROJECT } from './project.ts';
import { readTarget, type Target } from './target.ts';
import { runWrangler, WRANGLER } from './wrangler.ts';

const HELP = `npm run deploy [-- --env E]
Brings the remote database up to date, then deploys the Worker. The first time it is the other way round:
deploying creates the database, the cache and the queues that wrangler.jsonc names.`;

/** Runs wrangler with the person's own terminal, for its questions and its login. */
function interactive(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: PROJECT, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Whether the account has the database yet. Throws Mistake with wrangler's words when it cannot be asked. */
async function databaseExists(target: Target, env: readonly string[]): Promise<boolean> {
  const { code, stdout, stderr } = await runWrangler(['d1', 'info', 'DB', '--json', ...env]);
  if (code === 0) return true;
  if (/Couldn't find an? .*D1 DB/.test(stdout + stderr)) return false;
  throw new Mistake(databaseFailure(target, { stdout, stderr }));
}

/** `npm run deploy`. */
export async function run(args: string[]): Promise<number> {
  const options = { env: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = readArguments(args, options);
  if (values.help) {
    say(HELP);
    return 0;
  }
  noPositional(positionals);
  const target = readTarget({ ...values, remote: true });
  const env = target.env === null ? [] : ['--env', target.env];
  const deploy = ['deploy', '--minify', ...env];
  const migrate = ['d1', 'migrations', 'apply', 'DB', '--remote', ...env];
  const steps = (await databaseExists(target, env)) ? [migrate, deploy] : [deploy, migrate];
  for (const step of steps) {
    const code = await interactive(step);
    if (code !== 0) return code;
  }
  return 0;
}
