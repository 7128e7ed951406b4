import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { ProviderName, ProviderTurn } from '../support/strict-provider.ts';
import type { Client, Reach } from './client.ts';
import { FILES, FINAL_WORDS, type Step, TURNS, thoughtOf } from './task.ts';

const LONGEST_RUN_MS = 300_000;
const OUTPUT_SHOWN = 1_500;

/** Each provider's own form of an id: Kimi's begin again in every answer. */
function callId(provider: ProviderName, turn: number, index: number, name: string): string {
  return provider === 'moonshot' ? `functions.${name}:${index}` : `call_${String(index).padStart(2, '0')}_t${turn}x`;
}

/** All turns of a client's conversation, a list of steps each, none being the last words. */
export function turnsOf(client: Client, reach: Reach): readonly Step[][] {
  return [...TURNS, [], ...(client.sequels?.(reach) ?? []).flatMap(({ turns }) => turns)];
}

/** What the model says when so many turns are behind it. */
export function turnAt(provider: ProviderName, client: Client, reach: Reach, position: number): ProviderTurn {
  const steps = turnsOf(client, reach)[position] ?? [];
  const reasoning = thoughtOf(position);
  if (steps.length === 0) return { reasoning, text: FINAL_WORDS, calls: [] };
  const calls = steps.map((step, index) => {
    const { name, arguments: input } = client.call(step, reach);
    return { id: callId(provider, position, index, name), name, arguments: JSON.stringify(input) };
  });
  return { reasoning, text: position % 3 === 0 ? 'Let me see.' : '', calls };
}

/** Folders of one run, gone when it is over. */
export async function makePlace(): Promise<{ home: string; work: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'router-agent-'));
  const [home, work] = [join(root, 'home'), join(root, 'work')];
  await mkdir(home);
  await mkdir(work);
  return { home, work, remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Only what a program needs to run: no key and no setting of the person who runs the tests reaches a client. */
function environment(reach: Reach, own: Record<string, string>): Record<string, string> {
  const { home } = reach;
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  return {
    PATH: path,
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    TERM: 'dumb',
    CI: '1',
    NO_COLOR: '1',
    ...own,
  };
}

interface Ran {
  /** Null where it was killed or did not start. */
  code: number | null;
  /** The end of what it wrote. */
  output: string;
}

/** Runs a program to its end. */
async function run(program: string, args: string[], reach: Reach, env: Record<string, string>): Promise<Ran> {
  const [file, all] = program.endsWith('.js') ? [process.execPath, [program, ...args]] : [program, args];
  const child = spawn(file, all, {
    cwd: reach.work,
    env: environment(reach, env),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000);
    });
  }
  const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), LONGEST_RUN_MS);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  clearTimeout(timer);
  return { code, output };
}

/** Runs a client to its end, and its sequels behind that. Answers what went wrong, a sentence each. */
export async function runClient(client: Client, program: string, reach: Reach): Promise<string[]> {
  const { args, env, home = {} } = client.start(reach);
  for (const [name, text] of Object.entries(home)) {
    await mkdir(dirname(join(reach.home, name)), { recursive: true });
    await writeFile(join(reach.home, name), text);
  }
  for (const { args: own, turns } of [{ args, turns: TURNS }, ...(client.sequels?.(reach) ?? [])]) {
    const { code, output } = await run(program, own, reach, env);
    const tail = output.slice(-OUTPUT_SHOWN);
    if (code !== 0) return [`It ended with ${code}: ${tail}`];
    if (turns.length > 0 && !output.includes(FINAL_WORDS)) return [`It did not say the last words: ${tail}`];
  }
  return [];
}

/** What is wrong with the files that the client was to leave. */
export async function checkFiles(work: string): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, text] of FILES) {
    const found = await readFile(join(work, name), 'utf8').catch(() => null);
    if (found !== text) faults.push(`${name} holds ${JSON.stringify(found)}.`);
  }
  return faults;
}
