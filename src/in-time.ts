/** A job took longer than it was waited for. */
class TimedOut extends Error {
  override name = 'TimedOut';
}

/** Waits for a job, but no longer than this: then it throws TimedOut. The job goes on; how it ends is for whoever runs it. */
export async function inTime<T>(milliseconds: number, job: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new TimedOut(`No answer within ${milliseconds} ms.`)), milliseconds);
  try {
    return await Promise.race([job, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
