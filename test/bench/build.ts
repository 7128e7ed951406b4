import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { runChild } from './children.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
/** The router's own configuration for wrangler. */
export const CONFIG_FILE = join(PROJECT, 'wrangler.jsonc');
export const WRANGLER = join(PROJECT, 'node_modules/wrangler/bin/wrangler.js');

/** A built Worker: one module, below the directory of the runtime's configurations. */
export interface Built {
  name: string;
  modulePath: string;
  gzipBytes: number;
}

/** Bundles a Worker as `wrangler deploy` would, with a configuration file of wrangler's. */
async function buildWorker(name: string, configFile: string, directory: string): Promise<Built> {
  const output = ['--dry-run', '--minify', '--outdir', join(directory, name)];
  await runChild(process.execPath, [WRANGLER, 'deploy', '--config', configFile, ...output]);
  const modules = readdirSync(join(directory, name)).filter((file) => file.endsWith('.js'));
  const [module] = modules;
  if (module === undefined || modules.length > 1) throw new Error(`${name} was built as ${modules.length} modules.`);
  const modulePath = join(name, module);
  return { name, modulePath, gzipBytes: gzipSync(readFileSync(join(directory, modulePath))).length };
}

/** The router as it would be deployed. */
export function buildRouter(directory: string): Promise<Built> {
  return buildWorker('router', CONFIG_FILE, directory);
}

/** Writes the configuration of a Worker of the tests' own: the one in `workers/` beside the module with this URL. */
export function configureBare(name: string, from: string, compatibilityDate: string, directory: string): string {
  const file = join(directory, `${name}.json`);
  const main = fileURLToPath(new URL(`workers/${name}.ts`, from));
  writeFileSync(file, JSON.stringify({ name, main, compatibility_date: compatibilityDate }));
  return file;
}

/** Builds such a Worker. */
export function buildBare(name: string, from: string, compatibilityDate: string, directory: string): Promise<Built> {
  return buildWorker(name, configureBare(name, from, compatibilityDate, directory), directory);
}

interface WranglerConfig {
  compatibility_date: string;
  compatibility_flags: string[];
  d1_databases: { binding: string }[];
  kv_namespaces: { binding: string }[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
  queues: { producers: { binding: string }[] };
}

/** The router's own configuration, so that the bench runs what would be deployed. */
export function readWranglerConfig(): WranglerConfig {
  const text = readFileSync(CONFIG_FILE, 'utf8');
  const plain = text.replace(/("(?:[^"\\]|\\.)*")|\/\/.*|\/\*[\s\S]*?\*\//g, '$1').replace(/,(?=\s*[}\]])/g, '');
  return JSON.parse(plain) as WranglerConfig; // wrangler itself has read it while building
}
