import { CONFIG_FILE } from './build.ts';
import type { BenchKey } from './keys.ts';
import { eventCost, firstByte, type Running, routedCost, type Scale, slowStreams, wholeCost } from './measures.ts';
import { BODY_SIZES } from './requests.ts';
import {
  AT_ONCE,
  EVENTFUL,
  LARGE,
  PROVIDER_TAKES_MS,
  type Results,
  SLOW,
  STREAMING,
  type Streaming,
  type WholeResult,
} from './results.ts';
import { startUp } from './start-up.ts';
import type { Rounds } from './statistics.ts';
import { TARGETS, type TargetName, type Targets } from './targets.ts';

const CONNECTIONS = [16, 64] as const;
const PACE_MS = 10;

/** Tells how far the bench is. */
export type Progress = (stage: string) => void;

function empty<T extends string>(names: readonly T[]): Record<T, Rounds> {
  return Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<T, Rounds>; // a list for each name
}

/** Every other round runs backwards, so that no target always has the better place. */
function inTurn<T>(items: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? items : items.toReversed();
}

async function streamRounds(
  running: Record<TargetName, Running>,
  providerPort: number,
  scale: Scale,
  progress: Progress,
): Promise<Pick<Results, 'paced' | 'bursts' | 'firstByte' | 'slowFirstByte'>> {
  const paced = empty(EVENTFUL);
  const bursts = empty(EVENTFUL);
  const first = empty([...AT_ONCE, 'direct']);
  const slow = empty(SLOW);
  for (const name of EVENTFUL) await eventCost(running[name], scale.burstEvents / 2, 0);
  for (let round = 0; round < scale.rounds; round += 1) {
    progress(`streams, round ${round + 1} of ${scale.rounds}`);
    first.direct.push(await firstByte(providerPort, running.default, scale.firstBytes));
    for (const name of inTurn(AT_ONCE, round)) {
      const target = running[name];
      first[name].push(await firstByte(target.runtime.port, target, scale.firstBytes));
    }
    for (const name of inTurn(SLOW, round)) {
      const target = running[name];
      slow[name].push(await firstByte(target.runtime.port, target, scale.slowFirstBytes, PROVIDER_TAKES_MS));
    }
    for (const name of inTurn(EVENTFUL, round)) {
      const target = running[name];
      bursts[name].push(await eventCost(target, scale.burstEvents, 0));
      paced[name].push(await eventCost(target, scale.pacedEvents, PACE_MS));
    }
  }
  return { paced, bursts, firstByte: first, slowFirstByte: slow };
}

async function wholeRounds(
  running: Record<TargetName, Running>,
  scale: Scale,
  progress: Progress,
): Promise<WholeResult[]> {
  const { cursor, default: plain, pass } = running;
  const results: WholeResult[] = [];
  progress('whole answers, warming up');
  for (const target of [pass, running.calls, running.callsParse, plain, cursor]) {
    await wholeCost(target, { size: '300 B', connections: 16, requests: scale.warmingAnswers, remembers: false });
  }
  for (const size of BODY_SIZES) {
    // A large body is worth the least that reading it costs.
    const calls = size === '300 B' ? running.calls : running.callsParse;
    for (const connections of CONNECTIONS) {
      progress(`whole answers, ${size}, ${connections} connections`);
      const columns = [
        { name: 'pass', target: pass, remembers: false },
        { name: 'defaultCalls', target: calls, remembers: false },
        { name: 'default', target: plain, remembers: false },
        { name: 'cursorCalls', target: calls, remembers: true },
        { name: 'cursor', target: cursor, remembers: false },
      ] as const;
      const result = { size, connections, ...empty(columns.map(({ name }) => name)) };
      // The first round is not counted: each size warms up too.
      for (let round = -1; round < scale.rounds; round += 1) {
        for (const { name, target, remembers } of inTurn(columns, round)) {
          const cost = await wholeCost(target, { size, connections, requests: scale.wholeAnswers, remembers });
          if (round >= 0) result[name].push(cost);
        }
      }
      results.push(result);
    }
  }
  return results;
}

async function largeRounds(
  running: Record<TargetName, Running>,
  scale: Scale,
  progress: Progress,
): Promise<Results['large']> {
  const large = empty(LARGE);
  progress('300 KB at each door, warming up');
  // The others are warm by now.
  for (const name of ['parse', 'messages', 'responses'] as const) {
    const load = { size: '300 B', connections: 16, requests: scale.warmingAnswers, remembers: false } as const;
    await wholeCost(running[name], load);
  }
  for (let round = -1; round < scale.rounds; round += 1) {
    progress(`300 KB at each door, round ${round + 2} of ${scale.rounds + 1}`);
    for (const name of inTurn(LARGE, round)) {
      const load = { size: '300 KB', connections: 4, requests: scale.wholeAnswers / 2, remembers: false } as const;
      const cost = await wholeCost(running[name], load);
      // The first round is not counted: the size warms up too.
      if (round >= 0) large[name].push(cost);
    }
  }
  return large;
}

const ROUTES = { one: 'moonshot/kimi-k2.6', three: 'team' } as const;

/** In one process, so that nothing but the route differs. */
async function routeRounds({ routed }: Record<TargetName, Running>, scale: Scale, progress: Progress) {
  const route = empty(['one', 'three']);
  progress('a route, warming up');
  for (const model of Object.values(ROUTES)) await routedCost(routed, model, scale.warmingAnswers);
  for (let round = 0; round < scale.rounds * 2; round += 1) {
    progress(`a route, round ${round + 1} of ${scale.rounds * 2}`);
    for (const name of inTurn(['one', 'three'] as const, round)) {
      route[name].push(await routedCost(routed, ROUTES[name], scale.wholeAnswers));
    }
  }
  return route;
}

/** In one process, so that nothing but the user's budget differs. */
async function budgetRounds(
  { budgeted }: Record<TargetName, Running>,
  sharedKey: BenchKey,
  scale: Scale,
  progress: Progress,
): Promise<Results['budget']> {
  const budget = empty(['own', 'shared']);
  const asked = { own: budgeted, shared: { ...budgeted, key: sharedKey } };
  const load = { size: '300 B', connections: 16, remembers: false } as const;
  progress("a user's budget, warming up");
  for (const each of Object.values(asked)) await wholeCost(each, { ...load, requests: scale.warmingAnswers });
  // What is looked for is two in a hundred, and one round differs from the next by fifteen.
  const rounds = scale.rounds * 16;
  for (let round = 0; round < rounds; round += 1) {
    progress(`a user's budget, round ${round + 1} of ${rounds}`);
    for (const name of inTurn(['own', 'shared'] as const, round)) {
      budget[name].push(await wholeCost(asked[name], { ...load, requests: scale.wholeAnswers }));
    }
  }
  return budget;
}

/** Measures everything, one target after the other. `providerPort` is the double's. */
export async function runBench(
  { all, bareApp, directory, router, sharedKey }: Targets,
  providerPort: number,
  scale: Scale,
  progress: Progress,
): Promise<Results> {
  progress('memory at 200 slow streams');
  const memory: Partial<Results['memory']> = {};
  for (const name of STREAMING) memory[name] = await slowStreams(all[name], scale.slowEvents);

  progress('start-up');
  const startMs: Results['startMs'] = { router: [], bareApp: [] };
  for (let start = 0; start < scale.starts; start += 1) {
    startMs.router.push(await startUp(CONFIG_FILE, directory));
    startMs.bareApp.push(await startUp(bareApp, directory));
  }

  const started: Partial<Record<TargetName, Running>> = {};
  for (const name of TARGETS) started[name] = { ...all[name], runtime: await all[name].start() };
  const running = started as Record<TargetName, Running>; // each of TARGETS was started
  try {
    return {
      ...(await streamRounds(running, providerPort, scale, progress)),
      whole: await wholeRounds(running, scale, progress),
      large: await largeRounds(running, scale, progress),
      route: await routeRounds(running, scale, progress),
      budget: await budgetRounds(running, sharedKey, scale, progress),
      memory: memory as Record<Streaming, { idle: number; peak: number }>, // each of STREAMING was measured
      bundleGzipBytes: router.gzipBytes,
      startMs,
    };
  } finally {
    for (const { name, runtime } of Object.values(running)) {
      if (runtime.said() !== '') progress(`${name} printed:\n${runtime.said()}`);
    }
  }
}
