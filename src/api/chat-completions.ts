import { type Context, Hono } from 'hono';
import { chatDialect } from '../dialects/chat/chat.ts';
import { refuseKnown } from '../exchange/ask-ledger.ts';
import { findTarget } from '../exchange/find-target.ts';
import { answerLocally } from '../exchange/local-answer.ts';
import { openExchange } from '../exchange/open.ts';
import { readBody } from '../exchange/read-body.ts';
import { recordRefusal } from '../exchange/record-refusal.ts';
import { answerWithStream } from '../exchange/streamed-answer.ts';
import { NOTHING_SEEN, type Seen } from '../exchange/unserved.ts';
import { answerWhole } from '../exchange/whole-answer.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { findPipeline } from '../pipelines/registry.ts';
import { ownFault, RouterError } from '../protocol/errors.ts';
import { parseDocument } from '../protocol/json-document.ts';
import { clientKey } from './client-key.ts';

/** The whole product on one screen. `seen` gathers what a refusal's log row can tell. */
async function completeChat(c: Context<AppEnv>, seen: Seen): Promise<() => Promise<Response>> {
  refuseKnown(c);
  const document = parseDocument(await readBody(c.req.raw, c.get('config').maxBodyBytes));
  const pipeline = findPipeline(c.get('key').purpose);
  const reading = chatDialect.read(document, pipeline.read?.(document.value) ?? document.value);
  const { request } = reading;
  seen.requestedModel = request.model;
  seen.stream = request.stream === true;
  const found = findTarget(c, request);
  if (found.kind === 'unknown') {
    const text = pipeline.localAnswer?.(request) ?? null;
    if (text === null) throw found.error;
    const answer = await answerLocally(c, seen, request, text);
    return async () => answer;
  }
  seen.target = found.target;
  const exchange = await openExchange(
    c,
    {
      endpoint: chatDialect.endpoint,
      document,
      pipeline,
      reading,
      target: found.target,
    },
    seen,
  );
  return () => (request.stream === true ? answerWithStream(exchange) : answerWhole(exchange));
}

async function handleChat(c: Context<AppEnv>): Promise<Response> {
  const seen: Seen = { ...NOTHING_SEEN, endpoint: chatDialect.endpoint };
  const opening = completeChat(c, seen).catch(async (error: unknown) => {
    // Refused before the provider was called: one row that says why. Later ends settle themselves.
    await recordRefusal(c, seen, error instanceof RouterError ? error : ownFault(error));
    throw error;
  });
  // Kept alive: a client that leaves meanwhile must not leave a lease behind that nobody settles.
  c.executionCtx.waitUntil(opening.catch(() => undefined));
  return (await opening)();
}

/** `POST /chat/completions`. */
export const chat = new Hono<AppEnv>()
  .post('/chat/completions', clientKey(chatDialect.endpoint), handleChat)
  .all('/chat/completions', methodNotAllowed('POST', 'OPTIONS'));
