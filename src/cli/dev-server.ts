import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { Mistake } from './mistake.ts';
import { PROJECT } from './project.ts';
import { QUIET, WRANGLER } from './wrangler.ts';

/** The address that `npm start` listens on. */
export const HOST = '127.0.0.1';
const READY_WITHIN = 90_000;
const ENDED_WITHIN = 5_000;

/** Throws Mistake when something else listens on the port. */
export async function assertFree(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const probe = createServer();
  probe.once('error', () => reject(new Mistake(`Port ${port} is taken. Choose another: PORT=${port + 1} npm start`)));
  probe.listen(port, HOST, () => probe.close(() => resolve()));
  await promise;
}

/** A running `wrangler dev`. */
export interface DevServer {
  /** Settles when it has ended, with its exit code. */
  ended: Promise<number>;
  /** What it printed so far; from `show` on it goes to the terminal. */
  output(): string;
  show(): void;
  stop(): Promise<void>;
}

function collect(child: ChildProcess) {
  let buffered = '';
  let shown = false;
  const take = (chunk: Buffer, stream: NodeJS.WriteStream) => {
    if (shown) stream.write(chunk);
    else buffered += chunk.toString();
  };
  child.stdout?.on('data', (chunk: Buffer) => take(chunk, process.stdout));
  child.stderr?.on('data', (chunk: Buffer) => take(chunk, process.stderr));
  return {
    output: () => buffered,
    show() {
      shown = true;
    },
  };
}

/** Starts wrangler's own script: a process started through npx would leave its children behind. */
export function startDevServer(port: number, flags: readonly string[]): DevServer {
  const args = [
    WRANGLER,
    'dev',
    '--ip',
    HOST,
    '--port',
    String(port),
    '--show-interactive-dev-session=false',
    ...flags,
  ];
  const child = spawn(process.execPath, args, {
    cwd: PROJECT,
    env: { ...process.env, ...QUIET },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 0));
  });
  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), ENDED_WITHIN);
    await ended;
    clearTimeout(timer);
  }
  return { ended, stop, ...collect(child) };
}

/** Whether the router answers yet. Throws Mistake with its own words when its configuration is wrong. */
async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://${HOST}:${port}/worker/ping`, { signal: AbortSignal.timeout(5_000) });
    const text = await response.text();
    if (response.ok) return true;
    if (text.includes('"invalid_configuration"')) throw new Mistake(String(JSON.parse(text).error.message));
  } catch (error) {
    if (error instanceof Mistake) throw error;
  }
  return false;
}

/** Waits until the router answers. Throws Mistake when it ends before, or takes too long. */
export async function waitUntilReady(server: DevServer, port: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN;
  let hasEnded = false;
  void server.ended.then(() => {
    hasEnded = true;
  });
  while (!(await answers(port))) {
    if (hasEnded || Date.now() > deadline) {
      process.stderr.write(server.output());
      throw new Mistake('The router did not start. What wrangler said stands above.');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
