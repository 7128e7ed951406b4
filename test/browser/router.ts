import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { freePort, makeClone } from '../e2e/clone.ts';

const PROVIDERS = ['MOONSHOT', 'DEEPSEEK', 'ZAI'];
/** Nobody listens there: no run of these tests ever calls a provider. */
const NOWHERE = 'http://127.0.0.1:9';

/** A router as a newcomer has it: a clone of its own, started with `npm start`. */
export interface Router {
  url: string;
  /** Where its database and ledgers lie while it is stopped. */
  state: string;
  secret(): string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Sends all that is settled on to D1 now, where the console reads it. */
  settle(): Promise<void>;
  remove(): Promise<void>;
}

/** Settles when the router says that it runs. */
async function started(child: ReturnType<typeof spawn>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let output = '';
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    if (output.includes('LLM Router is running')) resolve();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  child.once('exit', () => reject(new Error(`npm start ended:\n${output}`)));
  await promise;
}

/** What is its own among the variables holds once it has been stopped: a newcomer begins without them. */
export async function makeRouter(own: Readonly<Record<string, string>> = {}): Promise<Router> {
  const clone = await makeClone();
  const url = `http://127.0.0.1:${await freePort()}`;
  const variables = join(clone, '.dev.vars');
  let secret = '';
  let child: ReturnType<typeof spawn> | null = null;
  let ended: Promise<unknown> = Promise.resolve();

  /** Providers that are configured have their models and prices shown. */
  async function configureProviders(): Promise<void> {
    const text = await readFile(variables, 'utf8');
    const filled = PROVIDERS.reduce(
      (all, name) =>
        all
          .replace(new RegExp(`^${name}_API_KEY=.*$`, 'm'), `${name}_API_KEY=not-a-real-key`)
          .replace(new RegExp(`^${name}_BASE_URL=.*$`, 'm'), `${name}_BASE_URL=${NOWHERE}`),
      text,
    );
    const all = Object.entries(own).reduce(
      (before, [name, value]) => before.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`),
      filled,
    );
    await writeFile(variables, all);
  }

  return {
    url,
    state: join(clone, '.wrangler/state/v3'),
    secret: () => secret,
    async start() {
      const { port } = new URL(url);
      const env = { ...process.env, PORT: port, ROUTER_URL: '', INTERNAL_SECRET: '' };
      child = spawn('npm', ['start'], { cwd: clone, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      const starting = child;
      ended = new Promise((resolve) => starting.once('exit', resolve));
      await started(starting);
      secret = parseEnv(await readFile(variables, 'utf8'))['INTERNAL_SECRET'] ?? '';
    },
    async stop() {
      const running = child;
      child = null;
      if (running?.pid === undefined) return;
      // What Ctrl-C does: the signal goes to every process of the group. One that has ended by itself gets none.
      if (running.exitCode === null && running.signalCode === null) process.kill(-running.pid, 'SIGINT');
      await ended;
      await configureProviders();
    },
    async settle() {
      const headers = { authorization: `Bearer ${secret}` };
      const response = await fetch(`${url}/worker/settle`, { method: 'POST', headers });
      if (!response.ok) throw new Error(`/worker/settle answered ${response.status}`);
    },
    async remove() {
      await rm(clone, { recursive: true, force: true });
    },
  };
}
