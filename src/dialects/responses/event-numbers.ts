import type { JsonObject } from '../../protocol/json.ts';

/** Numbers and prints events: from 0, one after the other, over all that one answer says. */
export interface EventNumbers {
  event(type: string, members: JsonObject): string;
  next(): number;
}

/** Opens the numbers of one answer. */
export function numberEvents(): EventNumbers {
  let number = -1;
  function next(): number {
    number += 1;
    return number;
  }
  return {
    next,
    event: (type, members) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: next(), ...members })}\n\n`,
  };
}
