import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Mistake } from './mistake.ts';
import { note, say } from './print.ts';
import { PROJECT } from './project.ts';
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
async function databaseExists(env: readonly string[]): Promise<boolean> {
  const { code, stdout, stderr } = await runWrangler(['d1', 'info', 'DB', '--json', ...env]);
  if (code === 0) return true;
  if (/Couldn't find a D1 DB/.test(stdout + stderr)) return false;
  note((stderr || stdout).trim());
  throw new Mistake('Cloudflare could not be asked about the database. Log in first: npx wrangler login');
}

/** `npm run deploy`. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { env: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    say(HELP);
    return 0;
  }
  const env = values.env === undefined ? [] : ['--env', values.env];
  const deploy = ['deploy', '--minify', ...env];
  const migrate = ['d1', 'migrations', 'apply', 'DB', '--remote', ...env];
  const steps = (await databaseExists(env)) ? [migrate, deploy] : [deploy, migrate];
  for (const step of steps) {
    const code = await interactive(step);
    if (code !== 0) return code;
  }
  return 0;
}
