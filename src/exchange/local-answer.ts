import type { Context } from 'hono';
import { settleRequest } from '../ledger/client.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { runAfterIn } from '../middleware/run-after.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { completionAsStream } from '../protocol/completion.ts';
import { rateLimitHeaders } from './answer-headers.ts';
import { askLedger } from './ask-ledger.ts';
import { atMost } from './at-most.ts';
import { refusal } from './refusal.ts';
import { LONGEST_WAIT_MS } from './settle-first.ts';
import { factsSeen, type Seen, unservedSettlement } from './unserved.ts';

const NOTHING_HELD = { holdNanoUsd: 0, inputEstimate: 0, inputCostNanoUsd: 0, priced: true };

/**
 * Answers a client's key check out of the Worker: it costs nothing and calls nobody. The key's state and limits hold
 * for it as for any request. Throws RouterError where the ledger refuses.
 */
export async function answerLocally(
  c: Context<AppEnv>,
  seen: Seen,
  request: ChatRequest,
  text: string,
): Promise<Response> {
  seen.admission = askLedger(c, { ...factsSeen(c, seen), ...NOTHING_HELD, keyHash: c.get('keyHash') });
  const admission = await seen.admission;
  if (admission?.kind === 'refused') throw refusal(admission, request.model);
  const end = { status: 200, end: 'completed', errorCode: null, finishReason: 'stop', repeated: null } as const;
  const settling = settleRequest(c.env, c.get('key'), unservedSettlement(c, seen, end));
  runAfterIn(c.executionCtx)('settle a local answer', settling);
  await atMost(LONGEST_WAIT_MS, settling);
  const completion = {
    id: c.get('requestId'),
    object: 'chat.completion',
    created: Math.floor(c.get('startedAt') / 1000),
    model: request.model,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  };
  const limits = admission === null ? {} : rateLimitHeaders(admission);
  if (request.stream !== true) return c.json(completion, 200, { 'x-llm-cost-usd': '0', ...limits });
  const asked = request.stream_options?.include_usage === true;
  return c.body(completionAsStream(asked ? completion : { ...completion, usage: null }), 200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...limits,
  });
}
