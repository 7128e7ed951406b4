import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Everything the bench starts or writes, so that all of it is gone when the bench is: at the end, after an error
 * and after Ctrl-C.
 */

const running = new Set<ChildProcess>();
const directories = new Set<string>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

/** A directory of our own that is removed at the end. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'llm-router-bench-'));
  directories.add(directory);
  return directory;
}

export interface Child {
  process: ChildProcess;
  pid: number;
  /** What it has printed on either stream, cut to its last few thousand characters. */
  said(): string;
  stop(): Promise<void>;
}

const KEPT_OUTPUT = 4_000;
const ENVIRONMENT = {
  ...process.env,
  WRANGLER_WRITE_LOGS: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
};

/** Starts a program; `extra` are further descriptors, as `spawn` takes them. */
export function startChild(command: string, args: readonly string[], extra: readonly ('ipc' | 'pipe')[] = []): Child {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe', ...extra], env: ENVIRONMENT });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} could not be started.`);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT);
    });
  }
  running.add(child);
  const exited = new Promise<void>((resolve) => {
    child.on('close', () => {
      running.delete(child);
      resolve();
    });
  });
  return {
    process: child,
    pid,
    said: () => output.trim(),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs a program to its end; throws with its output where it fails. */
export async function runChild(command: string, args: readonly string[]): Promise<void> {
  const child = startChild(command, args);
  const code = await new Promise((resolve) => child.process.on('close', resolve));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed.\n${child.said()}`);
}
