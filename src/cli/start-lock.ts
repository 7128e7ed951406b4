import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import { HOST } from './dev-server.ts';
import { Mistake } from './mistake.ts';

/*
 * One router a folder. Two would each have an object for the same key, and both write its ledger: budgets would let
 * through twice what they allow. The file says who holds the folder; it counts only while that one lives, or answers.
 */

const FILE = 'running.json';
const holderSchema = z.object({ pid: z.number(), port: z.number() });
// What every router of ours answers there.
const pingSchema = z.looseObject({ status: z.literal('ok'), providers: z.array(z.string()) });
type Holder = z.output<typeof holderSchema>;

async function readHolder(path: string): Promise<Holder | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const parsed = holderSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : null;
}

/** Whether a process is a start of ours: its number alone may be another's by now. */
function isStart(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return Promise.resolve(false);
  }
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'args=', '-p', String(pid)], (error, stdout) => {
      // Without `ps` a living process is taken for ours: better a start too few than a ledger written by two.
      resolve(error !== null || /\bsrc[\\/]cli[\\/].*\bstart\b/.test(stdout));
    });
  });
}

/** Whether a router answers there, though who started it may have been killed. */
async function answersAt(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://${HOST}:${port}/worker/ping`, { signal: AbortSignal.timeout(5_000) });
    return pingSchema.safeParse(parseJson(await response.text())).success;
  } catch {
    return false;
  }
}

/** Takes a folder for this start. Throws Mistake where another router has it. Answers how to give it back. */
export async function holdFolder(folder: string, port: number): Promise<() => Promise<void>> {
  const path = join(folder, FILE);
  await mkdir(folder, { recursive: true });
  const own = `${JSON.stringify({ pid: process.pid, port })}\n`;
  for (;;) {
    try {
      await writeFile(path, own, { flag: 'wx' });
      return async () => {
        if ((await readHolder(path))?.pid === process.pid) await rm(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder !== null && ((await isStart(holder.pid)) || (await answersAt(holder.port)))) {
      throw new Mistake(
        `A router on port ${holder.port} already uses this local state, and two would both write its ledger. ` +
          'Stop it first, or give this one a folder of its own: npm start -- --persist-to DIR',
      );
    }
    // Left behind by one that was killed.
    await rm(path, { force: true });
  }
}
