import { errorBody } from '../../protocol/errors.ts';
import { DONE_FRAME, frameOf, KEEP_ALIVE_FRAME } from '../../protocol/sse.ts';
import { splitFrame } from '../../protocol/text-frame.ts';
import type { Printer } from '../dialect.ts';

/** Prints chunks as they are: what no step has changed goes out as the very bytes it came in. */
export function openChatPrinter(): Printer {
  return {
    begin: () => '',
    leg: () => undefined,
    event: (event) => (event.untouched ? null : frameOf(event.text)),
    repeat(event, delta) {
      return event.untouched ? 'as it came' : splitFrame(frameOf(event.text), delta);
    },
    keepAlive: () => KEEP_ALIVE_FRAME,
    end: () => DONE_FRAME,
    fail: (error) => frameOf(JSON.stringify(errorBody(error))),
  };
}
