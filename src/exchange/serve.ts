import type { Dialect } from '../dialects/dialect.ts';
import { readAsk } from './ask.ts';
import { refuseKnown } from './ask-ledger.ts';
import { begin } from './begin.ts';
import { findServer } from './find-server.ts';
import type { Incoming } from './incoming.ts';
import { keepAlive } from './keep-alive.ts';
import { prepareLeg } from './leg.ts';
import { answerLocally } from './local-answer.ts';
import { refuseConversation } from './refuse-in-stream.ts';
import { orRefused, refuse } from './refused.ts';
import { answerWithStream } from './streamed-answer.ts';
import { answerWhole } from './whole-answer.ts';

/** The whole line: what is asked, who serves it, may it run, and the answer. */
async function run(incoming: Incoming, door: Dialect): Promise<() => Promise<Response>> {
  const nothing = { endpoint: door.endpoint, ask: null, target: null, price: null };
  const read = await orRefused(nothing, () => {
    refuseKnown(incoming);
    return readAsk(incoming, door);
  });
  if (read.kind === 'refused') return refuse(incoming, read);
  const ask = read.value;
  const found = await orRefused({ ...nothing, ask }, () => findServer(incoming, ask));
  if (found.kind === 'refused') return refuse(incoming, found);
  if (found.value.kind === 'local') {
    const local = await answerLocally(incoming, ask, found.value.local);
    return local.kind === 'refused' ? refuse(incoming, local) : async () => local.response;
  }
  const { choices } = found.value;
  const begun = await begin(incoming, ask, choices, (settled) => prepareLeg(incoming, ask, settled));
  if (begun.kind === 'refused') return refuseConversation(incoming, ask, begun);
  const { exchange } = begun;
  return () => (ask.wantsStream ? answerWithStream(exchange) : answerWhole(exchange));
}

/** Serves one request of a door. Rejects with RouterError where it is refused, or its answer is an error. */
export function serve(incoming: Incoming, door: Dialect): Promise<Response> {
  return keepAlive(incoming, run(incoming, door));
}
