import { Agent } from 'node:http';
import { cpuMs, memoryMiB } from './process-usage.ts';
import { type BodySize, PAST_TURNS, routedRequest, streamRequest, wholeRequest } from './requests.ts';
import type { Runtime } from './runtime.ts';
import { median } from './statistics.ts';
import { runStreams, timeToFirstByte } from './streams.ts';
import type { Target } from './targets.ts';
import { runWholeAnswers } from './whole-answers.ts';

/** How much is measured. Times are for an idle machine of two cores. */
export interface Scale {
  rounds: number;
  /** Events of a burst's stream, and of a paced stream. */
  burstEvents: number;
  pacedEvents: number;
  firstBytes: number;
  /** The same of a provider that takes its time. */
  slowFirstBytes: number;
  wholeAnswers: number;
  /** Before the first that is measured: V8 compiles what runs often, and that takes it a while. */
  warmingAnswers: number;
  slowEvents: number;
  starts: number;
}

/** About four minutes. */
export const FULL: Scale = {
  rounds: 5,
  burstEvents: 40_000,
  pacedEvents: 250,
  firstBytes: 60,
  slowFirstBytes: 20,
  wholeAnswers: 400,
  warmingAnswers: 2_000,
  slowEvents: 140,
  starts: 5,
};

/** About one minute. */
export const QUICK: Scale = {
  rounds: 2,
  burstEvents: 20_000,
  pacedEvents: 120,
  firstBytes: 30,
  slowFirstBytes: 10,
  wholeAnswers: 150,
  warmingAnswers: 500,
  slowEvents: 60,
  starts: 2,
};

/** A target whose process runs. */
export interface Running extends Target {
  runtime: Runtime;
}

/** What is needed to ask one. */
export type Asked = Pick<Running, 'door' | 'headers' | 'key' | 'runtime'>;

const BURST_STREAMS = 4;
const PACED_STREAMS = 40;
const SLOW_STREAMS = 200;

/** CPU of the runtime for 1,000 events, in ms. `paceMs` is 0 for bursts. */
export async function eventCost(
  { door, headers, key, runtime }: Asked,
  events: number,
  paceMs: number,
  streams = paceMs === 0 ? BURST_STREAMS : PACED_STREAMS,
): Promise<number> {
  let before = 0;
  let after = 0;
  const plan = { events, paceMs, waitMs: 0 };
  const { frames } = await runStreams({
    port: runtime.port,
    door,
    request: streamRequest(key, door, plan, headers),
    plan,
    streams,
    onOpen() {
      before = cpuMs(runtime.pid);
    },
    onClose() {
      after = cpuMs(runtime.pid);
    },
  });
  return ((after - before) / frames) * 1_000;
}

/**
 * Median time to the first byte of a short stream, in ms, one stream at a time on a connection that is open already.
 * `waitMs` is how long the provider takes.
 */
export async function firstByte(
  port: number,
  { door, headers, key }: Pick<Target, 'door' | 'headers' | 'key'>,
  streams: number,
  waitMs = 0,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const request = streamRequest(key, door, { events: 8, paceMs: 0, waitMs }, headers);
  const times: number[] = [];
  try {
    for (let stream = 0; stream < streams; stream += 1)
      times.push(await timeToFirstByte({ port, door, request }, agent));
  } finally {
    agent.destroy();
  }
  return median(times);
}

/** CPU of the runtime for one non-streaming request, in microseconds. */
export async function wholeCost(
  { door, headers: own, key, runtime }: Asked,
  load: { size: BodySize; connections: number; requests: number; remembers: boolean },
): Promise<number> {
  const { connections, remembers, requests, size } = load;
  // Read by the bare Worker alone: the calls that the router makes for a client that drops reasoning.
  const headers = remembers ? { 'x-bench-past-turns': size === '60 KB' ? String(PAST_TURNS) : '0' } : own;
  const before = cpuMs(runtime.pid);
  const request = wholeRequest(key, door, size, headers);
  await runWholeAnswers({ port: runtime.port, door, request, connections, requests });
  return ((cpuMs(runtime.pid) - before) / requests) * 1_000;
}

/** The same for a request for this model or route. */
export async function routedCost({ key, runtime }: Running, model: string, requests: number): Promise<number> {
  const before = cpuMs(runtime.pid);
  const request = routedRequest(key, model);
  await runWholeAnswers({ port: runtime.port, door: 'chat', request, connections: 16, requests });
  return ((cpuMs(runtime.pid) - before) / requests) * 1_000;
}

/** Memory of a fresh process, in MiB: idle, and the most that it took with 200 slow streams. */
export async function slowStreams(target: Target, events: number): Promise<{ idle: number; peak: number }> {
  const runtime = await target.start();
  try {
    await firstByte(runtime.port, target, 3);
    const idle = memoryMiB(runtime.pid).now;
    const plan = { events, paceMs: 50, waitMs: 0 };
    const request = streamRequest(target.key, target.door, plan);
    await runStreams({ port: runtime.port, door: target.door, request, plan, streams: SLOW_STREAMS });
    return { idle, peak: memoryMiB(runtime.pid).peak };
  } finally {
    await runtime.stop();
  }
}
