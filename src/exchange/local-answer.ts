import { settleRequest } from '../ledger/client.ts';
import type { ChatCompletion } from '../protocol/chat.ts';
import { chunksOf } from '../protocol/completion.ts';
import { StreamEvent } from '../protocol/event.ts';
import { frameOf } from '../protocol/sse.ts';
import { NO_USAGE } from '../protocol/usage.ts';
import { rateLimitHeaders } from './answer-headers.ts';
import type { ConversationAsk } from './ask.ts';
import { askLedger } from './ask-ledger.ts';
import { atMost } from './at-most.ts';
import { answerFacts } from './exchange.ts';
import type { Incoming } from './incoming.ts';
import { NOTHING_TOLD, type Outcome, unservedSettlement } from './outcome.ts';
import { refusal } from './refusal.ts';
import type { Refused } from './refused.ts';
import { factsOf } from './request-facts.ts';
import { LONGEST_WAIT_MS } from './settle-first.ts';

/** An answer out of the Worker: a client's key check, or to a request that wants no answer. */
export interface LocalText {
  text: string;
  finishReason: 'stop' | 'length';
}

const NOTHING_HELD = { holdNanoUsd: 0, inputEstimate: 0, inputCostNanoUsd: 0, priced: true };
const USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

function completionOf(
  { request }: ConversationAsk,
  { requestId, startedAt }: Incoming,
  local: LocalText,
): ChatCompletion {
  return {
    id: requestId,
    object: 'chat.completion',
    created: Math.floor(startedAt / 1000),
    model: request.model,
    choices: [{ index: 0, message: { role: 'assistant', content: local.text }, finish_reason: local.finishReason }],
    usage: USAGE,
  };
}

/** The answer as the door's clients read it. */
function print(incoming: Incoming, ask: ConversationAsk, local: LocalText): string {
  const { reading, request, wantsStream } = ask;
  const completion = completionOf(ask, incoming, local);
  const facts = answerFacts({ ask, incoming, inputEstimate: 0 });
  const ending = { usage: NO_USAGE, finishReason: local.finishReason, vendorFinishReason: null };
  const served = { provider: 'local', model: request.model };
  if (!wantsStream) return reading.printWhole({ completion, text: null, served, ending }, facts);
  const printer = reading.openPrinter(facts);
  const begin = printer.begin();
  printer.leg(served);
  const { chunks, usage } = chunksOf(completion);
  const asked = request.stream_options?.include_usage === true && usage !== null;
  const events = [...chunks, ...(asked ? [usage] : [])].map((chunk) => new StreamEvent(chunk));
  const frames = events.map((event) => printer.event(event) ?? frameOf(event.text));
  return begin + frames.join('') + printer.end(ending);
}

/**
 * Answers out of the Worker: it costs nothing and calls nobody. The key's state and limits hold for it as for any
 * request; refused where the ledger says so.
 */
export async function answerLocally(
  incoming: Incoming,
  ask: ConversationAsk,
  local: LocalText,
): Promise<{ kind: 'answered'; response: Response } | Refused> {
  const { env, key, keyHash, runAfter } = incoming;
  const known = { endpoint: ask.door.endpoint, ask, target: null, price: null };
  const facts = factsOf(incoming, known);
  const asking = askLedger(incoming, { ...facts, ...NOTHING_HELD, keyHash });
  const admission = await asking.catch((cause: unknown) => ({ kind: 'unknown' as const, cause }));
  if (admission?.kind === 'unknown') return { kind: 'refused', cause: admission.cause, known, admission: asking };
  if (admission?.kind === 'refused') {
    return { kind: 'refused', cause: refusal(admission, ask.request.model), known, admission: asking };
  }
  const outcome: Outcome = {
    ...NOTHING_TOLD,
    ...{ status: 200, end: 'completed', errorCode: null, accepted: false, firstTokenAt: null },
    finishReason: local.finishReason,
  };
  const settling = settleRequest(env, key, unservedSettlement(facts, outcome, null, Date.now()));
  runAfter('settle a local answer', settling);
  await atMost(LONGEST_WAIT_MS, settling);
  const headers = {
    ...ask.door.headers(incoming.requestId),
    ...(admission === null ? {} : rateLimitHeaders(admission)),
    ...(ask.wantsStream
      ? { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
      : { 'content-type': 'application/json', 'x-llm-cost-usd': '0' }),
  };
  return { kind: 'answered', response: new Response(print(incoming, ask, local), { headers }) };
}
