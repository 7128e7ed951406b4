import type { ToolCallDelta } from '../../protocol/chat.ts';
import { createInputReader, type InputReader } from './custom-input.ts';

/** Gives calls of custom tools their bare text back, while they stream. */
export interface CallRaiser {
  /** Changes the calls in place. */
  push(calls: readonly ToolCallDelta[]): void;
  /** At the end: arguments that were not of the expected form come out whole. `calls` are those of the last delta. */
  end(calls: readonly ToolCallDelta[]): ToolCallDelta[];
}

/** `customTools` are the names of tools whose arguments are bare text for the client. */
export function raiseCalls(customTools: ReadonlySet<string>): CallRaiser {
  const inputs = new Map<number, InputReader>();
  return {
    push(calls) {
      for (const { index, function: called } of calls) {
        if (called?.name !== undefined && customTools.has(called.name)) inputs.set(index, createInputReader());
        const input = inputs.get(index);
        if (input !== undefined && called?.arguments !== undefined) called.arguments = input.push(called.arguments);
      }
    },
    end(calls) {
      const late: ToolCallDelta[] = [];
      for (const [index, input] of inputs) {
        const rest = input.end();
        const own = calls.find((call) => call.index === index)?.function;
        if (own !== undefined) own.arguments = (own.arguments ?? '') + rest;
        else if (rest !== '') late.push({ index, function: { arguments: rest } });
      }
      inputs.clear();
      return late;
    },
  };
}
