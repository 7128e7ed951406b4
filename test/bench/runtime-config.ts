import type { Built } from './build.ts';
import type { BenchKey } from './keys.ts';

/*
 * Configurations of workerd, as text:
 * https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp
 */

/** A Worker and what stands around it. */
export interface WorkerSetup {
  built: Built;
  /** The export that answers; null for the default one. */
  entrypoint: string | null;
  compatibility: { date: string; flags: readonly string[] };
  texts: Readonly<Record<string, string>>;
  json: Readonly<Record<string, unknown>>;
  /** Durable Objects by binding → class. */
  objects: Readonly<Record<string, string>>;
  kv: readonly string[];
  queues: readonly string[];
  databases: readonly string[];
}

/** The stubs behind the bindings; they run in the same process, and have nothing to do with a warm key. */
export interface StoreSetup {
  built: Built;
  keys: readonly BenchKey[];
}

// Cap'n Proto's texts are C's; JSON of ASCII text is written the same.
function quote(text: string): string {
  return JSON.stringify(text);
}

function list(items: readonly string[]): string {
  return `[\n    ${items.join(',\n    ')}\n  ]`;
}

function workerText(setup: WorkerSetup, bindings: readonly string[], storage: string | null): string {
  const { built, compatibility, objects } = setup;
  const namespaces = Object.values(objects).map(
    (name) => `(className = ${quote(name)}, uniqueKey = ${quote(`bench-${name}`)}, enableSql = true)`,
  );
  return `(
  modules = [(name = "index.js", esModule = embed ${quote(built.modulePath)})],
  compatibilityDate = ${quote(compatibility.date)},
  compatibilityFlags = [${compatibility.flags.map(quote).join(', ')}],
  globalOutbound = "loopback",
  durableObjectNamespaces = ${list(namespaces)},
  ${storage === null ? '' : `durableObjectStorage = (localDisk = ${quote(storage)}),`}
  bindings = ${list(bindings)}
)`;
}

function bindingsOf(setup: WorkerSetup): string[] {
  const store = (entrypoint: string) => `(name = "stores", entrypoint = ${quote(entrypoint)})`;
  const database = `(moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = "stores")])`;
  return [
    ...Object.entries(setup.texts).map(([name, text]) => `(name = ${quote(name)}, text = ${quote(text)})`),
    ...Object.entries(setup.json).map(
      ([name, value]) => `(name = ${quote(name)}, json = ${quote(JSON.stringify(value))})`,
    ),
    ...Object.entries(setup.objects).map(
      ([name, className]) => `(name = ${quote(name)}, durableObjectNamespace = ${quote(className)})`,
    ),
    ...setup.kv.map((name) => `(name = ${quote(name)}, kvNamespace = ${store('keyCache')})`),
    ...setup.queues.map((name) => `(name = ${quote(name)}, queue = ${store('logQueue')})`),
    ...setup.databases.map((name) => `(name = ${quote(name)}, wrapped = ${database})`),
  ];
}

function storesText({ built, keys }: StoreSetup, target: WorkerSetup): string {
  const records = Object.fromEntries(keys.map(({ record }) => [record.hash, record]));
  const bindings = [
    `(name = "KEYS", json = ${quote(JSON.stringify(records))})`,
    '(name = "KEY_LEDGER", durableObjectNamespace = (className = "KeyLedger", serviceName = "target"))',
  ];
  const stores: WorkerSetup = { ...target, built, objects: {} };
  return workerText(stores, bindings, null);
}

/** The whole configuration: one Worker on a port of the system's choosing, which can reach loopback and nothing else. */
export function runtimeConfig(target: WorkerSetup, stores: StoreSetup, storageDirectory: string): string {
  const hasObjects = Object.keys(target.objects).length > 0;
  const services = [
    `(name = "target", worker = ${workerText(target, bindingsOf(target), hasObjects ? 'storage' : null)})`,
    '(name = "loopback", network = (allow = ["127.0.0.0/8"]))',
    ...(hasObjects
      ? [
          `(name = "stores", worker = ${storesText(stores, target)})`,
          `(name = "storage", disk = (path = ${quote(storageDirectory)}, writable = true))`,
        ]
      : []),
  ];
  const service =
    target.entrypoint === null ? '"target"' : `(name = "target", entrypoint = ${quote(target.entrypoint)})`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = ${list(services)},
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = ${service})]
);
`;
}
