import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { cpuMs, memoryMiB } from '../bench/process-usage.ts';
import type { Runtime } from '../bench/runtime.ts';

/** What one request cost the process that answered it. */
export interface Cost {
  cpuMs: number;
  /** How much its memory grew at most. */
  growthMiB: number;
  status: number;
  /** The answer's beginning. */
  text: string;
}

const LIMIT_MS = 60_000;
const KEPT = 400;
const QUIET_MS = 15;

function post(
  port: number,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<Pick<Cost, 'status' | 'text'>> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/api/v1/chat/completions', method: 'POST', timeout: LIMIT_MS };
    const outgoing = request(
      { ...options, headers: { ...headers, 'content-length': String(body.length) } },
      (response) => {
        let text = '';
        response.on('data', (piece: Buffer) => {
          if (text.length < KEPT) text += piece.toString('utf8', 0, KEPT);
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`No answer within ${LIMIT_MS / 1_000} s.`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** CPU so far, once nothing runs any more: what outlives the answer counts too. */
async function quietCpuMs(pid: number): Promise<number> {
  for (let last = cpuMs(pid); ; ) {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const now = cpuMs(pid);
    if (now - last < 0.5) return now;
    last = now;
  }
}

/** Sends one request, and tells what it cost. */
export async function measure(
  { pid, port }: Runtime,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<Cost> {
  const cpuBefore = await quietCpuMs(pid);
  // The most that the process ever held begins anew: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const memoryBefore = memoryMiB(pid).now;
  const answer = await post(port, body, headers);
  const cpu = (await quietCpuMs(pid)) - cpuBefore;
  return { ...answer, cpuMs: cpu, growthMiB: memoryMiB(pid).peak - memoryBefore };
}
