import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WRANGLER } from './build.ts';
import { runChild } from './children.ts';

/** What of V8's profile format is read: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string } }[];
  samples: number[];
  /** Microseconds. */
  timeDeltas: number[];
}

/**
 * Milliseconds in which a Worker's global scope kept V8 busy, as wrangler profiles it: compiling, running, collecting
 * garbage. `configFile` is the Worker's.
 */
export async function startUp(configFile: string, directory: string): Promise<number> {
  const file = join(directory, 'start-up.cpuprofile');
  await runChild(process.execPath, [
    WRANGLER,
    ...['check', 'startup', '--config', configFile],
    ...['--args=--minify', '--outfile', file],
  ]);
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile; // as V8 wrote it
  const idle = new Set(profile.nodes.flatMap(({ id, callFrame }) => (callFrame.functionName === '(idle)' ? [id] : [])));
  const busy = profile.timeDeltas.filter((_, index) => !idle.has(profile.samples[index] ?? -1));
  return busy.reduce((sum, delta) => sum + delta, 0) / 1_000;
}
