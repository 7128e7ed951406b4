/** What was checked, one line each. */
export interface Report {
  /** Runs a check and prints its line; a check that throws has failed, and the next one runs all the same. */
  check(promise: string, run: () => Promise<void>): Promise<void>;
  counts(): { passed: number; failed: number };
}

export function openReport(): Report {
  let passed = 0;
  let failed = 0;
  return {
    async check(promise, run) {
      const from = performance.now();
      try {
        await run();
        passed += 1;
        console.log(`ok      ${promise} (${Math.round(performance.now() - from)} ms)`);
      } catch (cause) {
        failed += 1;
        const why = cause instanceof Error ? cause.message : String(cause);
        console.log(`FAILED  ${promise}\n        ${why.replaceAll('\n', '\n        ')}`);
      }
    },
    counts: () => ({ passed, failed }),
  };
}
