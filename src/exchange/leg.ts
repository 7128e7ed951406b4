import { isAllowed } from '../catalog/allow-list.ts';
import type { Price } from '../catalog/price.ts';
import { userHash } from '../keys/user-hash.ts';
import { openMemory } from '../memory/client.ts';
import type { Conversation } from '../pipelines/pipeline.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { printDocument } from '../protocol/json-document.ts';
import type { Notice } from '../protocol/notice.ts';
import { callProvider } from '../providers/call.ts';
import type { Credential } from '../providers/credentials.ts';
import { ownToolsOf } from '../providers/own-tools.ts';
import { allowTools } from './allow-tools.ts';
import type { ConversationAsk } from './ask.ts';
import { type Incoming, logStage } from './incoming.ts';
import type { Target } from './target.ts';

/** A request as one target gets it. With one of its provider's keys it is a try. */
export interface Leg {
  readonly target: Target;
  /** The price at the request's start; null where the catalogue has none. */
  readonly price: Price | null;
  /** What was missing in the request, and is served all the same. */
  readonly notice: Notice | null;
  /** The provider's own tools in it that have a price a call. */
  readonly pricedTools: readonly string[];
  /** Calls the provider with the request as this target gets it. */
  call(signal: AbortSignal, credential: Credential): Promise<Response>;
}

/** The same in a conversation, with how its answer is turned back. */
export interface ConversationLeg extends Leg {
  readonly conversation: Conversation;
}

/** What is known of a target before a leg is prepared for it. */
export interface Settled {
  target: Target;
  price: Price | null;
  /** The request without its prompt, as this target gets it. */
  settings: ChatRequest;
}

async function openConversation(
  { config, env, key, requestId, runAfter }: Incoming,
  { pipeline, request }: ConversationAsk,
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
    thinks: configured.provider.isThinking(settings, model),
    repeatsCallIds: configured.provider.repeatsCallIds,
    canDisableThinking: model.thinking?.kind === 'switch',
    memory: config.reasoningMemory ? openMemory(env, key.id, name, requestId, runAfter) : null,
  });
}

/** Prepares the ask for one target, whose settings are known. Throws RouterError for what that target cannot be asked. */
export async function prepareLeg(
  incoming: Incoming,
  ask: ConversationAsk,
  { target, price, settings }: Settled,
): Promise<ConversationLeg> {
  const { configured, model, parameters } = target;
  const [conversation, user] = await Promise.all([
    openConversation(incoming, ask, target, settings),
    userHash(incoming.key, incoming.config.cacheScope, ask.request['user_id']),
  ]);
  const { provider, baseUrl } = configured;
  const mayUse = (name: string) => isAllowed(incoming.key.models, [name]);
  const context = { model, parameters, userHash: user, mayUse };
  const { changes, notice, request: prepared } = provider.request(conversation.request, context);
  if (changes.length > 0) logStage(incoming, 'request_changed', { changes: changes.join('; ') });
  const pricedTools = allowTools(incoming.key, price, ownToolsOf(prepared));
  // What nobody changed stands in the text as the client wrote it.
  const body = provider.answer === undefined ? printDocument(ask.document, prepared) : '';
  return {
    ...{ target, price, conversation, pricedTools },
    notice: notice ?? conversation.notice ?? null,
    call: (signal, credential) =>
      provider.answer?.(prepared, signal, incoming.requestId) ??
      callProvider({
        provider,
        credential,
        baseUrl,
        path: '/chat/completions',
        body,
        signal,
        askedAt: incoming.request.url,
      }),
  };
}
