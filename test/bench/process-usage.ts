import { readdirSync, readFileSync } from 'node:fs';

/**
 * User and system time of a process so far, in milliseconds: the sum over its threads, as the kernel's scheduler
 * counts it. The same as utime + stime of /proc/PID/stat, but in nanoseconds where that has steps of 10 ms. Linux only.
 */
export function cpuMs(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanoseconds / 1e6;
}

function statusMiB(pid: number, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(found) / 1024;
}

/** Resident memory now, and the most it ever was, in MiB. Linux only. */
export function memoryMiB(pid: number): { now: number; peak: number } {
  return { now: statusMiB(pid, 'VmRSS'), peak: statusMiB(pid, 'VmHWM') };
}
