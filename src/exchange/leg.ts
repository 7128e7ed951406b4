import { isAllowed } from '../catalog/allow-list.ts';
import type { Price } from '../catalog/price.ts';
import { userHash } from '../keys/user-hash.ts';
import { openMemory } from '../memory/client.ts';
import type { Conversation } from '../pipelines/pipeline.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { printDocument } from '../protocol/json-document.ts';
import type { Notice } from '../protocol/notice.ts';
import { ownToolsOf } from '../providers/own-tools.ts';
import { isThinking } from '../providers/thinking.ts';
import { allowTools } from './allow-tools.ts';
import type { Ask } from './ask.ts';
import { type Incoming, logStage } from './incoming.ts';
import type { Target } from './target.ts';

/** One try at one target: the request as that target gets it, and how its answer is turned back. */
export interface Leg {
  readonly target: Target;
  /** The price at the request's start; null where the catalogue has none. */
  readonly price: Price | null;
  readonly conversation: Conversation;
  /** What was missing in the request, and is served all the same. */
  readonly notice: Notice | null;
  /** As the provider gets it. */
  readonly prepared: ChatRequest;
  /** The same as text; empty for a provider that answers out of the Worker. */
  readonly body: string;
  /** The provider's own tools in it that have a price a call. */
  readonly pricedTools: readonly string[];
}

async function openConversation(
  { config, env, key, requestId, runAfter }: Incoming,
  { pipeline, request }: Ask,
  { configured, model }: Target,
  settings: ChatRequest,
): Promise<Conversation> {
  if (pipeline.open === undefined) return { request };
  const name = `${configured.provider.id}/${model.id}`;
  return await pipeline.open(request, {
    requestedModel: request.model,
    display: key.reasoning,
    provider: configured.provider.id,
    model: model.id,
    wantsReasoning: model.wantsReasoning,
    thinks: isThinking(settings, model),
    repeatsCallIds: configured.provider.repeatsCallIds,
    canDisableThinking: model.thinking.kind === 'switch',
    memory: config.reasoningMemory ? openMemory(env, key.id, name, requestId, runAfter) : null,
  });
}

/** Prepares the ask for one target, whose settings are known. Throws RouterError for what that target cannot be asked. */
export async function prepareLeg(
  incoming: Incoming,
  ask: Ask,
  { target, price, settings }: Pick<Leg, 'target' | 'price'> & { settings: ChatRequest },
): Promise<Leg> {
  const { configured, model, parameters } = target;
  const [conversation, user] = await Promise.all([
    openConversation(incoming, ask, target, settings),
    userHash(incoming.key, ask.request['user_id']),
  ]);
  const { provider } = configured;
  const mayUse = (name: string) => isAllowed(incoming.key.models, [name]);
  const context = { model, parameters, userHash: user, mayUse };
  const { changes, notice, request: prepared } = provider.request(conversation.request, context);
  if (changes.length > 0) logStage(incoming, 'request_changed', { changes: changes.join('; ') });
  const pricedTools = allowTools(incoming.key, price, ownToolsOf(prepared));
  // What nobody changed stands in the text as the client wrote it.
  const body = provider.answer === undefined ? printDocument(ask.document, prepared) : '';
  return { target, price, conversation, prepared, body, pricedTools, notice: notice ?? conversation.notice ?? null };
}
