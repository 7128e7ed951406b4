import { randomBytes } from 'node:crypto';
import { type Built, buildBare, buildRouter, configureBare, readWranglerConfig } from './build.ts';
import type { DoorName } from './doors.ts';
import { type BenchKey, makeKey, PAYER } from './keys.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import type { StoreSetup, WorkerSetup } from './runtime-config.ts';

/** All that is measured. `direct` is the provider double itself, without any router. */
const BARE = ['pass', 'loop', 'parse', 'calls', 'callsParse', 'begin'] as const;
const ROUTED = ['default', 'limited', 'cursor', 'messages', 'responses', 'routed', 'budgeted'] as const;
export const TARGETS = [...BARE, ...ROUTED] as const;
export type TargetName = (typeof TARGETS)[number];

export interface Target {
  name: TargetName;
  /** Which door it is asked at; bare Workers take any path. */
  door: DoorName;
  key: BenchKey;
  /** What it wants to be sent beside the key. */
  headers: Readonly<Record<string, string>>;
  /** Starts a process of its own for it. */
  start(): Promise<Runtime>;
}

export interface Targets {
  all: Readonly<Record<TargetName, Target>>;
  /** Like that of `budgeted`, and its user has a budget too. */
  sharedKey: BenchKey;
  router: Built;
  /** The configuration of a bare app made of the same libraries, for its start-up. */
  bareApp: string;
  /** Where files of this run go. */
  directory: string;
}

/** Builds the Workers and says how each is run. `provider` is the double's URL. */
export async function prepareTargets(provider: string, directory: string): Promise<Targets> {
  const config = readWranglerConfig();
  const { compatibility_date: date, compatibility_flags: flags } = config;
  const [router, plain, calls, storeWorker] = await Promise.all([
    buildRouter(directory),
    buildBare('plain', import.meta.url, date, directory),
    buildBare('ledger-calls', import.meta.url, date, directory),
    buildBare('stores', import.meta.url, date, directory),
  ]);
  const keys = {
    default: await makeKey('default'),
    limited: await makeKey('default', { rpm: 1_000_000 }),
    cursor: await makeKey('cursor'),
    budgeted: await makeKey('default', { budgetDayUsd: 100 }),
    shared: await makeKey('default', { budgetDayUsd: 100, user: PAYER }),
  };
  const stores: StoreSetup = { built: storeWorker, keys: Object.values(keys) };

  const bare: Omit<WorkerSetup, 'built' | 'entrypoint'> = {
    compatibility: { date, flags },
    texts: { PROVIDER: provider },
    json: {},
    objects: {},
    kv: [],
    queues: [],
    databases: [],
  };
  const bound = {
    ...bare,
    objects: Object.fromEntries(config.durable_objects.bindings.map(({ name, class_name }) => [name, class_name])),
    queues: config.queues.producers.map(({ binding }) => binding),
  };
  const routed: WorkerSetup = {
    ...bound,
    built: router,
    entrypoint: null,
    texts: { DEEPSEEK_BASE_URL: provider, DEEPSEEK_API_KEY: 'bench', INTERNAL_SECRET: randomBytes(32).toString('hex') },
    kv: config.kv_namespaces.map(({ binding }) => binding),
    databases: config.d1_databases.map(({ binding }) => binding),
  };
  const called: WorkerSetup = {
    ...bound,
    built: calls,
    entrypoint: null,
    texts: { PROVIDER: provider, KEY_HASH: keys.default.record.hash },
    json: { KEY: keys.default.record },
  };
  const setups: Record<TargetName, WorkerSetup> = {
    pass: { ...bare, built: plain, entrypoint: null },
    loop: { ...bare, built: plain, entrypoint: 'readerLoop' },
    parse: { ...bare, built: plain, entrypoint: 'parseAndPrint' },
    calls: called,
    callsParse: { ...called, entrypoint: 'parseAndPrint' },
    begin: { ...called, entrypoint: 'beginFirst' },
    default: routed,
    limited: routed,
    cursor: routed,
    messages: routed,
    responses: routed,
    budgeted: routed,
    // Three providers with four keys between them.
    routed: {
      ...routed,
      texts: {
        ...routed.texts,
        ...{ MOONSHOT_BASE_URL: provider, MOONSHOT_API_KEY: 'bench', ZAI_BASE_URL: provider, ZAI_API_KEY: 'bench' },
        DEEPSEEK_API_KEY: 'bench-one bench-two',
      },
    },
  };

  function target(name: TargetName): Target {
    const key = name === 'cursor' || name === 'limited' || name === 'budgeted' ? keys[name] : keys.default;
    const door = name === 'messages' || name === 'responses' ? name : 'chat';
    return { name, door, key, headers: {}, start: () => startRuntime(setups[name], stores, directory) };
  }

  return {
    // A target for each name of the list.
    all: Object.fromEntries(TARGETS.map((name) => [name, target(name)])) as Targets['all'],
    sharedKey: keys.shared,
    router,
    bareApp: configureBare('bare-app', import.meta.url, date, directory),
    directory,
  };
}
