import { execFile } from 'node:child_process';
import { cp, mkdtemp, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. */
export function runFile(file: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

/** A copy of the project as a clone would have it, with this one's node_modules. */
export async function makeClone(): Promise<string> {
  const clone = await mkdtemp(join(tmpdir(), 'router-clone-'));
  const listed = await runFile('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], PROJECT);
  for (const name of listed.stdout.split('\0').filter((path) => path !== '')) {
    await cp(join(PROJECT, name), join(clone, name), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      // A file that is deleted but not committed is still listed.
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await symlink(join(PROJECT, 'node_modules'), join(clone, 'node_modules'));
  return clone;
}

// Below the ports that systems give to clients: a router that is started again may find one of those taken meanwhile.
const FIRST_PORT = 10_000;
const PORTS = 20_000;

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port of this machine that nobody uses, nor gets for a connection of its own. */
export async function freePort(): Promise<number> {
  for (let round = 0; round < 50; round += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await canListen(port)) return port;
  }
  throw new Error(`No port from ${FIRST_PORT} to ${FIRST_PORT + PORTS} is free.`);
}
