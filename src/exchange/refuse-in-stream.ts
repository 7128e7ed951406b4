import { RouterError } from '../protocol/errors.ts';
import type { ConversationAsk } from './ask.ts';
import { answerFacts } from './exchange.ts';
import type { Incoming } from './incoming.ts';
import { type Refused, recordRefusal, refuse } from './refused.ts';

/**
 * Refuses a conversation. Where its client acts on such an error only inside a stream, and has asked for one, it gets a
 * stream that holds nothing else; everybody else is told by the rejection.
 */
export async function refuseConversation(
  incoming: Incoming,
  ask: ConversationAsk,
  refused: Refused,
): Promise<() => Promise<Response>> {
  const { cause } = refused;
  if (!(cause instanceof RouterError) || !ask.wantsStream || !ask.door.tellsInStream(cause)) {
    return refuse(incoming, refused);
  }
  await recordRefusal(incoming, refused, 200);
  const printer = ask.reading.openPrinter(answerFacts({ ask, incoming, inputEstimate: 0 }));
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...ask.door.headers(incoming.requestId),
  };
  return async () => new Response(printer.begin() + printer.fail(cause), { headers });
}
