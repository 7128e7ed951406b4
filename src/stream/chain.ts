import type { RepeatedTexts, StepController, StreamEvent, StreamStep, TextField } from '../protocol/event.ts';

/** Several steps run as one, each event in one synchronous pass. */
export interface Chain {
  /** What became of one event. The array is used again for the next. */
  run(event: StreamEvent): readonly StreamEvent[];
  /** What the steps still held, at the end. */
  flush(): readonly StreamEvent[];
  /** Asks each step whether these texts go the way of the last; see `StreamStep.repeat`. */
  repeat(field: TextField, texts: RepeatedTexts): boolean;
}

/** Chains steps, the first one nearest to the provider. */
export function chainSteps(steps: readonly StreamStep[]): Chain {
  let results: StreamEvent[] = [];
  let controllers: StepController[] = [{ enqueue: (event) => results.push(event) }];
  for (const step of steps.toReversed()) {
    const [next] = controllers;
    if (next === undefined) break;
    controllers = [{ enqueue: (event) => step.transform(event, next) }, ...controllers];
  }
  const [first] = controllers;
  const fast = steps.every((step) => step.repeat !== undefined);
  const lastToFirst = steps.toReversed();

  return {
    run(event) {
      results = [];
      first?.enqueue(event);
      return results;
    },
    flush() {
      results = [];
      for (const [position, step] of steps.entries()) {
        const next = controllers[position + 1];
        if (next !== undefined) step.flush?.(next);
      }
      return results;
    },
    repeat(field, texts) {
      if (!fast) return false;
      for (const step of lastToFirst) if (step.repeat?.(field, texts) !== true) return false;
      return true;
    },
  };
}
