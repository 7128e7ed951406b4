import { cpus, loadavg, release, totalmem } from 'node:os';
import { RUNTIME_VERSION } from './runtime.ts';

/** What the figures were measured on. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  system: string;
  node: string;
  workerd: string;
  /** Processes that waited for a core in the last minute, before the bench began: figures of a busy machine are worth little. */
  load: number;
}

export function readMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release().split('-')[0]} ${process.arch}`,
    node: process.version,
    workerd: RUNTIME_VERSION,
    load: loadavg()[0] ?? 0,
  };
}
