import { Agent, request as send } from 'node:http';
import { BENCH_DOORS, type DoorName } from './doors.ts';
import type { BenchRequest } from './requests.ts';

/** Requests for whole answers, one after the other on each of several connections. */
export interface WholeLoad {
  port: number;
  door: DoorName;
  request: BenchRequest;
  connections: number;
  requests: number;
}

const LIMIT_MS = 20_000;

function once(load: WholeLoad, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const { body, headers } = load.request;
    const { path } = BENCH_DOORS[load.door];
    const options = { agent, host: '127.0.0.1', port: load.port, path, method: 'POST', headers };
    const outgoing = send({ ...options, timeout: LIMIT_MS }, (response) => {
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200 && bytes > 1_000) resolve();
        else reject(new Error(`A request came back with status ${response.statusCode} and ${bytes} bytes.`));
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`No answer within ${LIMIT_MS / 1000} s.`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Runs the load to its end; rejects at the first answer that is not a good one. */
export async function runWholeAnswers(load: WholeLoad): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  let left = load.requests;
  async function connection(): Promise<void> {
    while (left > 0) {
      left -= 1;
      await once(load, agent);
    }
  }
  try {
    await Promise.all(Array.from({ length: load.connections }, connection));
  } finally {
    agent.destroy();
  }
}
