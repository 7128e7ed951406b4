import type { Context } from 'hono';
import { settleRequest } from '../ledger/client.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { runAfterIn } from '../middleware/run-after.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { completionAsStream } from '../protocol/completion.ts';
import { NO_USAGE } from '../protocol/usage.ts';
import { atMost } from './at-most.ts';
import { coloOf } from './colo.ts';
import { LONGEST_WAIT_MS } from './settle-first.ts';

/** Answers a client's key check out of the Worker: it costs nothing, calls nobody, and is logged as such. */
export async function answerLocally(c: Context<AppEnv>, request: ChatRequest, text: string): Promise<Response> {
  const startedAt = c.get('startedAt');
  const requestId = c.get('requestId');
  const stream = request.stream === true;
  const settling = settleRequest(c.env, c.get('key'), {
    requestId,
    endpoint: 'chat',
    provider: null,
    model: null,
    requestedModel: request.model.slice(0, 200),
    session: null,
    tags: null,
    stream,
    startedAt,
    colo: coloOf(c.req.raw),
    priceRevision: null,
    status: 200,
    end: 'completed',
    source: 'none',
    usage: NO_USAGE,
    costNanoUsd: 0,
    attempts: [],
    notice: null,
    finishReason: 'stop',
    vendorFinishReason: null,
    errorCode: null,
    repeated: null,
    firstTokenMs: null,
    durationMs: Date.now() - startedAt,
  });
  runAfterIn(c.executionCtx)('settle a local answer', settling);
  await atMost(LONGEST_WAIT_MS, settling);
  const completion = {
    id: requestId,
    object: 'chat.completion',
    created: Math.floor(startedAt / 1000),
    model: request.model,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  };
  if (!stream) return c.json(completion, 200, { 'x-llm-cost-usd': '0' });
  const asked = request.stream_options?.include_usage === true;
  return c.body(completionAsStream(asked ? completion : { ...completion, usage: null }), 200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
}
