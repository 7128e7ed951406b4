import { logFault } from '../log-line.ts';

/** Lets a job, by its name for the log, outlive the request. */
export type RunAfter = (name: string, job: Promise<unknown>) => void;

/** The one way to let a job outlive its request: it has a name, and its failure is reported. */
export function runAfterIn(context: Pick<ExecutionContext, 'waitUntil'>): RunAfter {
  return (name, job) => {
    context.waitUntil(job.catch((cause: unknown) => logFault('job_failed', cause, { job: name })));
  };
}
