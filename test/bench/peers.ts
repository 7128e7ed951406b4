import { install } from '../agents/install.ts';
import { freePort } from '../e2e/clone.ts';
import { type Child, startChild } from './children.ts';
import { type Asked, eventCost, firstByte, wholeCost } from './measures.ts';
import type { Progress } from './run.ts';
import { median, type Rounds, ratios } from './statistics.ts';
import type { Targets } from './targets.ts';

/*
 * Beside a peer: the same requests at a gateway of the same kind and at the router, in turn. The peer runs in Node, as its
 * own start script runs it; the router in the runtime that it is deployed to.
 */

const PEER = {
  package: '@portkey-ai/gateway',
  version: '1.15.2',
  program: '@portkey-ai/gateway/build/start-server.js',
  // With newer ones its streams end in a 500, "immutable" (1.19.19, seen on 2026-11-28).
  overrides: { '@hono/node-server': '1.13.8' },
};

const ROUNDS = 7;
const REQUESTS = 25;
const CONNECTIONS = 5;
const EVENTS = 200;
const PACE_MS = 10;
/** V8 compiles what runs often, at both. */
const WARMING = 600;

const NAMES = ['peer', 'router'] as const;
type Name = (typeof NAMES)[number];

interface Measure {
  what: string;
  unit: string;
  digits: number;
  of(asked: Asked): Promise<number>;
}

function whole(size: '300 B' | '60 KB' | '300 KB', requests = REQUESTS) {
  return (asked: Asked) => wholeCost(asked, { size, connections: CONNECTIONS, requests, remembers: false });
}

const MEASURES: readonly Measure[] = [
  { what: 'CPU per request, 300 B', unit: 'µs', digits: 0, of: whole('300 B') },
  { what: 'CPU per request, 60 KB', unit: 'µs', digits: 0, of: whole('60 KB') },
  { what: 'CPU per request, 300 KB', unit: 'µs', digits: 0, of: whole('300 KB') },
  {
    what: `CPU per 1,000 events, in streams of ${EVENTS} at once`,
    unit: 'ms',
    digits: 2,
    of: (asked) => eventCost(asked, EVENTS, 0, REQUESTS),
  },
  {
    what: 'CPU per 1,000 events, 10 ms apart',
    unit: 'ms',
    digits: 1,
    of: (asked) => eventCost(asked, EVENTS, PACE_MS, REQUESTS),
  },
  {
    what: 'Time to first byte',
    unit: 'ms',
    digits: 2,
    of: (asked) => firstByte(asked.runtime.port, asked, REQUESTS),
  },
];

async function isUp(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

async function startPeer(): Promise<Child & { port: number }> {
  const installed = await install(PEER);
  if (installed.kind === 'missing') throw new Error(`${PEER.package} could not be installed: ${installed.why}`);
  const port = await freePort();
  const child = startChild(process.execPath, [installed.program, `--port=${port}`, '--headless']);
  for (let look = 0; look < 200; look += 1) {
    if (await isUp(port)) return { ...child, port };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${PEER.package} did not start.\n${child.said()}`);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function printed({ digits, unit, what }: Measure, { peer, router }: Record<Name, Rounds>): string {
  const print = (values: Rounds) => `${median(values).toFixed(digits)} ${unit}`;
  return row([what, print(peer), print(router), `${median(ratios(router, peer)).toFixed(2)}x`]);
}

/** Measures both, and answers with a table in Markdown. `provider` is the double's URL. */
export async function runPeers({ all }: Targets, provider: string, progress: Progress): Promise<string> {
  progress(`installing ${PEER.package}@${PEER.version}`);
  const { key } = all.default;
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': provider };
  const asked: Record<Name, Asked> = {
    peer: { door: 'portkey', headers, key, runtime: await startPeer() },
    router: { ...all.default, runtime: await all.default.start() },
  };
  progress('warming up');
  for (const name of NAMES) await whole('300 B', WARMING)(asked[name]);
  const lines: string[] = [];
  for (const measure of MEASURES) {
    progress(measure.what);
    const rounds: Record<Name, Rounds> = { peer: [], router: [] };
    // The first round is not counted: each measure warms up too.
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
        const value = await measure.of(asked[name]);
        if (round >= 0) rounds[name].push(value);
      }
    }
    lines.push(printed(measure, rounds));
  }
  const head = [
    row(['', `Portkey ${PEER.version}`, 'This router', 'Router to Portkey']),
    row(['---', '---', '---', '---']),
  ];
  const note = `Medians of ${ROUNDS} rounds of ${REQUESTS}, in turn; CPU is the process's own.`;
  return [...head, ...lines, '', note].join('\n');
}
