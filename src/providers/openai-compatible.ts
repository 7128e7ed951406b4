import type { Alias, Model } from '../catalog/model.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { readUsage } from '../protocol/usage.ts';
import { type ProviderComplaint, type ProviderWords, readWords } from './failure.ts';
import { settleInputs } from './inputs.ts';
import { type ReasoningRule, serveLostReasoning } from './lost-reasoning.ts';
import { keepOneLimit, limitNames } from './output-limit.ts';
import { plainContents } from './plain-content.ts';
import type { Provider, RequestContext, VariableName } from './provider.ts';
import { providerError } from './provider-error.ts';
import { draftRequest, type RequestDraft } from './request-draft.ts';
import { dropOtherSpellings } from './spellings.ts';
import { settleStructuredOutput } from './structured-output.ts';
import { isThinking } from './thinking.ts';

/** What a provider's file states. Only the first six lines are needed; the rest is for what is special. */
export interface ProviderSpec extends ProviderFacts {
  variables: { apiKey: VariableName; baseUrl: VariableName } | null;
}

/** The same, whoever states it. */
export interface ProviderFacts
  extends Pick<
      Provider,
      'id' | 'name' | 'variables' | 'baseUrl' | 'models' | 'mendChunk' | 'mendCompletion' | 'answer' | 'embed'
    >,
    Partial<
      Pick<
        Provider,
        | 'finishReasons'
        | 'balance'
        | 'auth'
        | 'modelsPath'
        | 'embeddingsPath'
        | 'repeatsCallIds'
        | 'limitName'
        | 'isThinking'
        | 'readUsage'
        | 'statesCost'
      >
    > {
  aliases?: readonly Alias[];
  /** True where the role `developer` is understood. */
  knowsDeveloper?: boolean;
  /**
   * Which turns it answers 400 for while it thinks, where their reasoning is missing, of models that want it back;
   * null or absent where none.
   */
  reasoningRule?: ReasoningRule | null;
  /** Members that it gets where neither the client nor the requested name says otherwise. */
  defaults?: Readonly<Record<string, unknown>>;
  /** Changes what the provider would refuse or misread, each with its reason. Throws RouterError for what cannot be mended. */
  prepare?(draft: RequestDraft, context: RequestContext): void;
  /** The model with what this provider's facts tell of it, where the catalogue does not say how it thinks. */
  known?(model: Model): Model;
  /** Puts what is settled into the provider's own words, last of all. */
  translate?(draft: RequestDraft, context: RequestContext): void;
  /** Our error → the provider's own codes and types for it. */
  errors?: ProviderWords;
  /** Tells an error that neither code nor type nor status gives away. */
  recognise?(complaint: ProviderComplaint): ErrorCode | null;
}

/**
 * OpenAI's word for `system` since o1, which its SDKs and agents send. DeepSeek's parser answers 400, "unknown variant
 * `developer`": https://github.com/earendil-works/pi/issues/1048 (2026-01); Moonshot and Z.ai do not name it either.
 */
function renameDeveloper(draft: RequestDraft): void {
  const { messages } = draft.request;
  if (!messages.some(({ role }) => role === 'developer')) return;
  const renamed = messages.map((message) => (message.role === 'developer' ? { ...message, role: 'system' } : message));
  draft.set('messages', renamed, 'the role developer is called system here');
}

/** Puts in what the request does not say. What limits its answer has the last word on that, by whichever name. */
function putIn(draft: RequestDraft, members: Readonly<Record<string, unknown>>, limitName: string, why: string): void {
  const limits = limitNames(limitName);
  const isLimited = limits.some((name) => draft.request[name] != null);
  for (const [name, value] of Object.entries(members)) {
    if (isLimited && limits.includes(name)) continue;
    if (draft.request[name] == null) draft.set(name, value, why);
  }
}

function prepareCommon(draft: RequestDraft, provider: ProviderFacts, context: RequestContext): void {
  const { model, parameters } = context;
  const { defaults = {}, limitName = 'max_tokens' } = provider;
  dropOtherSpellings(draft, limitName);
  putIn(draft, parameters, limitName, 'the requested name stands for it');
  putIn(draft, defaults, limitName, "the provider's default");
  keepOneLimit(draft, limitName, model);
  if (draft.request.model !== model.id) draft.set('model', model.id, "the provider's own name");
  const { stream, stream_options: options } = draft.request;
  if (stream === true && options?.include_usage !== true) {
    draft.set('stream_options', { ...options, include_usage: true }, 'the bill needs it');
  }
  if (provider.knowsDeveloper !== true) renameDeveloper(draft);
  settleInputs(draft, provider, context);
  plainContents(draft);
  settleStructuredOutput(draft, model);
}

/** A provider that speaks OpenAI's Chat Completions, but for what its file says. */
export function openAICompatible(spec: ProviderSpec): Provider {
  return chatProvider(spec);
}

/** The same of facts that no file states. */
export function chatProvider(provider: ProviderFacts): Provider {
  const {
    prepare,
    translate,
    known = (model) => model,
    errors = {},
    recognise = () => null,
    knowsDeveloper: _knows,
    defaults: _defaults,
    reasoningRule = null,
    ...facts
  } = provider;
  const words = readWords(errors);
  return {
    aliases: [],
    finishReasons: {},
    repeatsCallIds: false,
    auth: 'bearer',
    modelsPath: '/models',
    embeddingsPath: '/embeddings',
    limitName: 'max_tokens',
    isThinking,
    readUsage,
    statesCost: false,
    ...facts,
    request(request: ChatRequest, context: RequestContext) {
      const draft = draftRequest(request);
      prepareCommon(draft, provider, context);
      prepare?.(draft, context);
      const rule = context.model.wantsReasoning ? reasoningRule : null;
      const notice = rule === null ? null : serveLostReasoning(draft, known(context.model), rule);
      translate?.(draft, context);
      return { request: draft.request, changes: [...draft.changes], notice };
    },
    error: (failure) => providerError(provider, failure, words, recognise),
  };
}
