import { inTime } from '../in-time.ts';

/** Waits for a job, but no longer than this, and whatever comes of it: its failure is for whoever runs it. */
export async function atMost(milliseconds: number, job: Promise<unknown>): Promise<void> {
  await inTime(milliseconds, job).catch(() => undefined);
}
