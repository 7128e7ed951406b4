// A Worker has six connections, and an isolate's memory is shared: more would only wait.
const AT_ONCE = 6;

/** Does a job for each item, a few at once, and answers in the items' order. Rejects with the first failure. */
export async function inParallel<T, R>(items: readonly T[], job: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  async function work(): Promise<void> {
    for (const [position, item] of waiting) results[position] = await job(item);
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
