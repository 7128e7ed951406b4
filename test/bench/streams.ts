import { Agent, type IncomingMessage, request as send } from 'node:http';
import { BENCH_DOORS, type DoorName } from './doors.ts';
import type { Plan } from './plan.ts';
import type { BenchRequest } from './requests.ts';

/** Streams that run side by side. Every wait is bounded. */
export interface StreamLoad {
  port: number;
  door: DoorName;
  request: BenchRequest;
  plan: Plan;
  streams: number;
  /** Called once each: when all paced streams are under way, and when the first comes near its end. Bursts are taken whole. */
  onOpen?(): void;
  onClose?(): void;
}

const LIMIT_MS = 60_000;
const LF = 10;

function countFrames(bytes: Buffer, linesAnEvent: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines += 1;
  // JSON has no bare line ends, so a frame has just its own lines and the blank one.
  return lines / linesAnEvent;
}

function check(load: StreamLoad, response: IncomingMessage, frames: number, tail: string): void {
  const { end, otherEvents } = BENCH_DOORS[load.door];
  const expected = load.plan.events + otherEvents;
  // The think block's end may be a frame of its own.
  const isWhole = frames >= expected - 1 && frames <= expected + 1 && tail.endsWith(end);
  if (response.statusCode !== 200 || !isWhole) {
    throw new Error(
      `A stream of ${expected} frames came with status ${response.statusCode} and ${frames} frames, ending in ${JSON.stringify(tail.slice(-200))}.`,
    );
  }
}

function openStream(load: StreamLoad, agent: Agent, onFrames: (frames: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const { body, headers } = load.request;
    const { end, linesAnEvent, path } = BENCH_DOORS[load.door];
    const options = { agent, host: '127.0.0.1', port: load.port, path, method: 'POST', headers };
    const outgoing = send({ ...options, timeout: LIMIT_MS }, (response) => {
      let frames = 0;
      let tail: Buffer = Buffer.alloc(0);
      response.on('data', (bytes: Buffer) => {
        frames += countFrames(bytes, linesAnEvent);
        tail = bytes.length < end.length ? Buffer.concat([tail, bytes]) : bytes;
        onFrames(frames);
      });
      response.on('error', reject);
      response.on('end', () => {
        try {
          check(load, response, frames, tail.toString());
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`No byte for ${LIMIT_MS / 1000} s.`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/**
 * Runs the load to its end. Answers with the frames that came between `onOpen` and `onClose`: of paced streams
 * the middle only, since they are short, and what a stream costs at its start and end is measured by other means.
 */
export async function runStreams(load: StreamLoad): Promise<{ frames: number }> {
  const { plan, streams } = load;
  const agent = new Agent({ keepAlive: true, maxSockets: streams });
  const seen = new Array<number>(streams).fill(0);
  const isPaced = plan.paceMs > 0;
  let total = 0;
  let opened: number | null = null;
  let closed: number | null = null;

  function open(): void {
    opened = total;
    load.onOpen?.();
  }

  function close(): void {
    closed = total;
    load.onClose?.();
  }

  function watch(stream: number, frames: number): void {
    total += frames - (seen[stream] ?? 0);
    seen[stream] = frames;
    if (opened === null && Math.min(...seen) >= plan.events * 0.1) open();
    else if (opened !== null && isPaced && closed === null && frames >= plan.events * 0.95) close();
  }

  const jobs: Promise<void>[] = [];
  if (!isPaced) open();
  for (let stream = 0; stream < streams; stream += 1) {
    jobs.push(openStream(load, agent, (frames) => watch(stream, frames)));
    // Not all at once, so that events come one by one.
    if (isPaced) await new Promise((resolve) => setTimeout(resolve, plan.paceMs / 5));
  }
  try {
    await Promise.all(jobs);
  } finally {
    agent.destroy();
  }
  if (!isPaced) close();
  if (opened === null || closed === null) throw new Error('The paced streams did not run side by side.');
  return { frames: closed - opened };
}

/** One short stream: milliseconds from the request's last byte to the answer's first. */
export function timeToFirstByte(load: Pick<StreamLoad, 'port' | 'door' | 'request'>, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const { body, headers } = load.request;
    const options = {
      agent,
      host: '127.0.0.1',
      port: load.port,
      path: BENCH_DOORS[load.door].path,
      method: 'POST',
      headers,
    };
    let firstAt = 0;
    const startedAt = performance.now();
    const outgoing = send({ ...options, timeout: LIMIT_MS }, (response) => {
      response.on('data', () => {
        if (firstAt === 0) firstAt = performance.now();
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200 && firstAt > 0) resolve(firstAt - startedAt);
        else reject(new Error(`A short stream came with status ${response.statusCode}.`));
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`No byte for ${LIMIT_MS / 1000} s.`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
