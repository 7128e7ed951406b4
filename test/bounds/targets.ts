import { randomBytes } from 'node:crypto';
import { buildBare, buildRouter, readWranglerConfig } from '../bench/build.ts';
import { type BenchKey, makeKey } from '../bench/keys.ts';
import { type Runtime, startRuntime } from '../bench/runtime.ts';
import type { StoreSetup, WorkerSetup } from '../bench/runtime-config.ts';
import type { Purpose } from './bodies.ts';

/** The router and a Worker that only unpacks, decodes and parses, each in a process of its own. */
export interface Targets {
  router: Runtime;
  bare: Runtime;
  keys: Readonly<Record<Purpose, BenchKey>>;
}

/** Builds and starts both. `provider` is the double's URL. */
export async function startTargets(provider: string, directory: string): Promise<Targets> {
  const config = readWranglerConfig();
  const { compatibility_date: date, compatibility_flags: flags } = config;
  const [router, bare, stores] = await Promise.all([
    buildRouter(directory),
    buildBare('bare', import.meta.url, date, directory),
    buildBare('stores', new URL('../bench/', import.meta.url).href, date, directory),
  ]);
  const keys = {
    default: await makeKey('default'),
    reasoning: await makeKey('reasoning'),
    cursor: await makeKey('cursor'),
  };
  const store: StoreSetup = { built: stores, keys: Object.values(keys) };
  const plain: WorkerSetup = {
    built: bare,
    entrypoint: null,
    compatibility: { date, flags },
    texts: {},
    json: {},
    objects: {},
    kv: [],
    queues: [],
    databases: [],
  };
  const routed: WorkerSetup = {
    ...plain,
    built: router,
    texts: {
      DEEPSEEK_BASE_URL: provider,
      DEEPSEEK_API_KEY: 'bounds',
      TEST_PROVIDER: 'true',
      INTERNAL_SECRET: randomBytes(32).toString('hex'),
    },
    objects: Object.fromEntries(config.durable_objects.bindings.map(({ name, class_name }) => [name, class_name])),
    kv: config.kv_namespaces.map(({ binding }) => binding),
    queues: config.queues.producers.map(({ binding }) => binding),
    databases: config.d1_databases.map(({ binding }) => binding),
  };
  return {
    router: await startRuntime(routed, store, directory),
    bare: await startRuntime(plain, store, directory),
    keys,
  };
}
