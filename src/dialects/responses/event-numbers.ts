import type { JsonObject } from '../../protocol/json.ts';

/** Numbers and prints events: from 0, one after the other, over all that one answer says. */
export interface EventNumbers {
  event(type: string, members: JsonObject): string;
  next(): number;
  /** All numbers so far have gone out. */
  keep(): void;
  /** Goes back to the last number that has gone out. */
  rewind(): void;
}

/** Opens the numbers of one answer. */
export function numberEvents(): EventNumbers {
  let number = -1;
  let kept = -1;
  function next(): number {
    number += 1;
    return number;
  }
  return {
    next,
    keep() {
      kept = number;
    },
    rewind() {
      number = kept;
    },
    event: (type, members) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: next(), ...members })}\n\n`,
  };
}
