import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { WRANGLER } from './build.ts';
import { type Child, startChild } from './children.ts';
import { runtimeConfig, type StoreSetup, type WorkerSetup } from './runtime-config.ts';

// What wrangler itself runs, found from where it stands since the tests have a runtime of their own: the program,
// not the Node script before it, whose CPU time would be the wrong one.
const { default: WORKERD, version: VERSION } = createRequire(WRANGLER)('workerd') as {
  default: string;
  version: string;
}; // as its main.js exports; the package has no types

export const RUNTIME_VERSION = VERSION;

const START_LIMIT_MS = 15_000;

/** A runtime process that serves one Worker. */
export interface Runtime extends Child {
  port: number;
}

/** Waits for what workerd reports on its control descriptor: the port that it listens on. */
async function listeningPort(child: Child): Promise<number> {
  const control = child.process.stdio[3] as Readable; // asked for as a pipe below
  let text = '';
  control.setEncoding('utf8');
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`workerd did not start.\n${child.said()}`)), START_LIMIT_MS);
    child.process.once('exit', () => reject(new Error(`workerd ended at its start.\n${child.said()}`)));
    control.on('data', (piece: string) => {
      text += piece;
      const port = /"event":"listen","socket":"http","port":(\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
  });
}

let started = 0;

/** Starts the runtime itself, not the dev proxy: that costs more than the router. */
export async function startRuntime(target: WorkerSetup, stores: StoreSetup, directory: string): Promise<Runtime> {
  started += 1;
  const storage = join(directory, `storage-${started}`);
  const file = join(directory, `runtime-${started}.capnp`);
  mkdirSync(storage);
  writeFileSync(file, runtimeConfig(target, stores, storage));
  const child = startChild(WORKERD, ['serve', file, '--control-fd=3'], ['pipe']);
  return { ...child, port: await listeningPort(child) };
}
