import type { Context } from 'hono';
import { priceAt } from '../catalog/price.ts';
import type { Endpoint, Reading } from '../dialects/dialect.ts';
import { userHash } from '../keys/user-hash.ts';
import { checkpointRequest, settleRequest } from '../ledger/client.ts';
import { logLine } from '../log-line.ts';
import { openMemory } from '../memory/client.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { runAfterIn } from '../middleware/run-after.ts';
import type { Conversation, Pipeline } from '../pipelines/pipeline.ts';
import { estimateInputTokens } from '../protocol/estimate.ts';
import { type JsonDocument, printDocument } from '../protocol/json-document.ts';
import { askLedger, hasLimits } from './ask-ledger.ts';
import { coloOf } from './colo.ts';
import type { Exchange, Target } from './exchange.ts';
import { leaseOf } from './lease-of.ts';
import { refusal } from './refusal.ts';
import { settingsFor } from './settings-for.ts';
import type { Seen } from './unserved.ts';

interface Opening {
  endpoint: Endpoint;
  document: JsonDocument;
  pipeline: Pipeline;
  reading: Reading;
  target: Target;
}

async function openConversation(
  c: Context<AppEnv>,
  { pipeline, reading: { request }, target }: Opening,
): Promise<Conversation> {
  if (pipeline.open === undefined) return { request };
  const { configured, model } = target;
  const { id, reasoning } = c.get('key');
  const runAfter = runAfterIn(c.executionCtx);
  return await pipeline.open(request, {
    requestedModel: request.model,
    display: reasoning,
    provider: configured.provider.id,
    model: model.id,
    wantsReasoning: model.wantsReasoning,
    repeatsCallIds: configured.provider.repeatsCallIds,
    canDisableThinking: model.thinking.kind === 'switch',
    memory: c.get('config').reasoningMemory
      ? openMemory(c.env, id, `${configured.provider.id}/${model.id}`, c.get('requestId'), runAfter)
      : null,
  });
}

/** The request as the provider gets it. In its text, what nobody changed stands as the client wrote it. */
function prepare(
  c: Context<AppEnv>,
  { document, target }: Opening,
  conversation: Conversation,
  user: string,
): Pick<Exchange, 'prepared' | 'body'> {
  const { provider } = target.configured;
  const { changes, request: prepared } = provider.request(conversation.request, {
    model: target.model,
    parameters: target.parameters,
    userHash: user,
  });
  if (c.get('config').debug && changes.length > 0) {
    logLine('info', 'request_changed', { request_id: c.get('requestId'), changes: changes.join('; ') });
  }
  return { prepared, body: provider.answer === undefined ? printDocument(document, prepared) : '' };
}

/**
 * Opens the exchange: the ledger is asked while the pipeline prepares the request, so that a warm key
 * costs one awaited hop at most before the provider is called. Throws RouterError where the request is refused.
 */
export async function openExchange(c: Context<AppEnv>, opening: Opening, seen: Seen): Promise<Exchange> {
  const { endpoint, reading, target } = opening;
  const { request } = reading;
  const config = c.get('config');
  const key = c.get('key');
  const requestId = c.get('requestId');
  const startedAt = c.get('startedAt');
  const settings = settingsFor(target, request);
  const facts = {
    requestId,
    endpoint,
    startedAt,
    config,
    target,
    price: priceAt(target.model, startedAt, settings),
    requestedModel: request.model,
    reading,
    request,
    inputEstimate: estimateInputTokens({ ...target.parameters, ...request }, opening.document),
    colo: coloOf(c.req.raw),
  };
  const admission = askLedger(c, leaseOf(facts, settings, c.get('keyHash')));
  seen.admission = admission;
  const [conversation, user, answer] = await Promise.all([
    openConversation(c, opening),
    userHash(key, request['user_id']),
    hasLimits(key) ? admission : null,
  ]);
  if (answer?.kind === 'refused') throw refusal(answer, request.model);
  return {
    ...facts,
    conversation,
    ...prepare(c, opening, conversation, user),
    admission,
    attempts: [],
    onClientLeft(listener) {
      const { signal } = c.req.raw;
      if (signal.aborted) listener();
      else signal.addEventListener('abort', listener);
    },
    ledger: {
      checkpoint: (checkpoint) => checkpointRequest(c.env, key.id, checkpoint),
      settle: (settlement) => settleRequest(c.env, key, settlement),
    },
    log(stage, fields) {
      if (config.debug) logLine('info', stage, { request_id: requestId, ...fields });
    },
    runAfter: runAfterIn(c.executionCtx),
  };
}
