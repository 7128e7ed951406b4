import { RouterError } from '../protocol/errors.ts';

/*
 * Locally D1 is a SQLite file, and a second process on it (`wrangler d1 execute`) may hold its lock for a moment.
 * The runtime has no busy timeout: what comes then fails at once, is rolled back and breaks the object of the
 * database, so that it is told as an internal error that says nothing of SQLite (seen with wrangler 4.155.0,
 * 2026-11-28: "D1_ERROR: Failed to get session commit token: internal error; reference = …").
 * All statements here may be run twice without harm, so an answer that was lost on its way is no danger either.
 */

const BUSY = /SQLITE_BUSY|database is locked|session commit token|internal error; reference/;
const PATIENCE_MS = 2_000;
const FIRST_PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 300;

function isBusy(error: unknown): boolean {
  return error instanceof Error && (BUSY.test(error.message) || isBusy(error.cause));
}

/** Runs a job of the database, again while it is busy. Throws RouterError `storage_unavailable` when it stays so for 2 s. */
export async function whileBusy<T>(job: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await job();
    } catch (cause) {
      if (!isBusy(cause)) throw cause;
      if (Date.now() + pause > giveUpAt) {
        throw new RouterError('storage_unavailable', 'The database is busy. Try again shortly.', {
          retryAfter: 1,
          cause,
        });
      }
    }
    // Not in step with whoever waits for the same lock.
    const wait = pause * (0.5 + Math.random());
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
