import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { makeDirectory } from '../bench/children.ts';
import { type BoundsCase, boundsCases, type Purpose } from './bodies.ts';
import { type Cost, measure } from './measure.ts';
import { startTargets, type Targets } from './targets.ts';

/*
 * npm run test:bounds: what a stranger's input costs on the runtime that the router is deployed to, next to a Worker that
 * only unpacks, decodes and parses it. At most twice that and 50 ms more of CPU, and 12 times its size more of memory.
 */

const MOST_TIMES = 2;
const MOST_MORE_MS = 50;
const MOST_MEMORY = 12;
/** The least of several rounds: the first compile, and other work on the machine costs all of them. */
const LEAST_ROUNDS = 2;
const MOST_ROUNDS = 6;

const COMPLETION = JSON.stringify({
  id: 'a',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const USUAL = { status: 200, type: 'application/json', text: COMPLETION };
let answer: NonNullable<BoundsCase['answer']> = USUAL;

/** The provider double: says what the case says, whatever it is asked. */
async function startProvider(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.text);
    });
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const PACKED = { 'content-type': 'application/json', 'content-encoding': 'gzip' };

/** A case's cost, and the most that it may be. */
interface Verdict {
  cost: Cost;
  allowedMs: number;
  /** Memory beyond the bare Worker's, by the size of the body. */
  memory: number;
  isGood: boolean;
}

async function judge(targets: Targets, { status, ...one }: BoundsCase, purpose: Purpose): Promise<Verdict> {
  const body = gzipSync(one.body, { level: 1 });
  const input = one.answer === undefined ? body : gzipSync(one.answer.text, { level: 1 });
  const headers = { ...PACKED, authorization: `Bearer ${targets.keys[purpose].secret}` };
  const sizeMiB = Math.max(1, Buffer.byteLength(one.answer?.text ?? one.body) / 2 ** 20);
  let bareMs = Number.POSITIVE_INFINITY;
  let bareMiB = 0;
  let verdict: Verdict | null = null;
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const bare = await measure(targets.bare, input, PACKED);
    bareMs = Math.min(bareMs, bare.cpuMs);
    bareMiB = Math.max(bareMiB, bare.growthMiB);
    const now = await measure(targets.router, body, headers);
    const cost: Cost = verdict === null || now.cpuMs < verdict.cost.cpuMs ? now : verdict.cost;
    const allowedMs = bareMs * MOST_TIMES + MOST_MORE_MS;
    const memory = Math.min(verdict?.memory ?? Number.POSITIVE_INFINITY, (now.growthMiB - bareMiB) / sizeMiB);
    const isGood = cost.cpuMs <= allowedMs * (one.known ?? 1) && memory <= MOST_MEMORY && now.status === status;
    verdict = { cost, allowedMs, memory, isGood };
    if (isGood && round >= LEAST_ROUNDS) break;
  }
  if (verdict === null) throw new Error('No round was run.');
  return verdict;
}

function line(name: string, purpose: string, { cost, allowedMs, memory, isGood }: Verdict): string {
  const cpu = `${cost.cpuMs.toFixed(0).padStart(6)} of ${allowedMs.toFixed(0).padStart(4)} ms`;
  const size = `${Math.max(0, memory).toFixed(1).padStart(5)}x`;
  return `${isGood ? '    ' : 'BAD '}${name.slice(0, 46).padEnd(46)} ${purpose.padEnd(10)}${cpu}  ${size}  ${cost.status}`;
}

async function main(): Promise<number> {
  if (process.platform !== 'linux') throw new Error('It needs Linux: CPU time and memory are read from /proc.');
  const [only = ''] = process.argv.slice(2);
  const targets = await startTargets(await startProvider(), makeDirectory());
  let bad = 0;
  for (const one of boundsCases()) {
    if (!one.name.includes(only)) continue;
    answer = one.answer ?? USUAL;
    for (const purpose of one.purposes) {
      const verdict = await judge(targets, one, purpose);
      if (!verdict.isGood) bad += 1;
      process.stdout.write(`${line(one.name, purpose, verdict)}\n`);
      if (!verdict.isGood) process.stdout.write(`      ${verdict.cost.text.slice(0, 200)}\n`);
    }
  }
  return bad;
}

try {
  const bad = await main();
  process.stdout.write(bad === 0 ? 'All within the bounds.\n' : `${bad} beyond the bounds.\n`);
  process.exit(bad === 0 ? 0 : 1);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
