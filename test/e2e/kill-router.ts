import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { QUIET, WRANGLER } from '../../src/cli/wrangler.ts';
import { freePort, makeClone, runFile } from './clone.ts';

/*
 * `wrangler dev` in a copy of the project, which dies like a machine that loses power and starts again on the same
 * folder. Wrangler's own script leads a process group of its own, so that one signal reaches workerd too.
 */

export const SECRET = 'a-secret-of-the-kill-test-of-32-characters-or-more';
const ENVIRONMENT = { ...process.env, ...QUIET, CI: '1' };
const READY_WITHIN_MS = 60_000;

export interface Home {
  folder: string;
  port: number;
}

let running: ChildProcess | null = null;
let home: Home | null = null;

process.on('exit', () => {
  if (running?.pid !== undefined) process.kill(-running.pid, 'SIGKILL');
  if (home !== null) rmSync(home.folder, { recursive: true, force: true, maxRetries: 5 });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

/** A copy of the project with an empty database; gone when this process ends. */
export async function makeHome(): Promise<Home> {
  home = { folder: await makeClone(), port: await freePort() };
  const args = [WRANGLER, 'd1', 'migrations', 'apply', 'DB', '--local'];
  const { code, stdout, stderr } = await runFile(process.execPath, args, home.folder, ENVIRONMENT);
  if (code !== 0) throw new Error(`The migrations failed.\n${stdout}${stderr}`);
  return home;
}

/** Starts the router with these variables, and waits until it answers. */
export async function startRouter({ folder, port }: Home, variables: Record<string, string>): Promise<void> {
  const file = join(folder, 'kill.env');
  const lines = Object.entries({ ...variables, INTERNAL_SECRET: SECRET }).map(([name, value]) => `${name}='${value}'`);
  await writeFile(file, `${lines.join('\n')}\n`);
  const flags = ['--ip', '127.0.0.1', '--port', String(port), '--env-file', file];
  const args = [WRANGLER, 'dev', ...flags, '--show-interactive-dev-session=false'];
  const child = spawn(process.execPath, args, { cwd: folder, env: ENVIRONMENT, detached: true });
  running = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    });
  }
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`The router did not start.\n${output}`);
    await sleep(50);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/worker/ping`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(5_000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** The processes of the router that runs: Wrangler's, and workerd. */
export function routerProcesses(): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=,pid='], { encoding: 'utf8' }).trim().split('\n');
  return lines.flatMap((line) => {
    const [group, pid] = line.trim().split(/\s+/).map(Number);
    return group === running?.pid && pid !== undefined ? [pid] : [];
  });
}

function isAlive(group: number): boolean {
  const processes = execFileSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' }).split('\n');
  return processes.some((line) => line.trim().startsWith(`${group} `) && !/\sZ/.test(line));
}

/** Kills the router and everything it started, at once and without a warning. Answers when, in ms since 1970. */
export async function killRouter(): Promise<number> {
  const group = running?.pid;
  if (group === undefined) throw new Error('No router runs.');
  const killedAt = Date.now();
  process.kill(-group, 'SIGKILL');
  running = null;
  for (let look = 0; isAlive(group); look += 1) {
    if (look === 100) throw new Error(`Processes of group ${group} survived SIGKILL.`);
    await sleep(20);
  }
  return killedAt;
}

/** Calls a route that the secret opens; throws where it does not answer well. */
export async function callInternal(port: number, method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${SECRET}`, connection: 'close' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
