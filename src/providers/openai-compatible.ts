import type { Alias } from '../catalog/model.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { type ProviderComplaint, type ProviderWords, readWords } from './failure.ts';
import { refuseInputs } from './inputs.ts';
import type { Provider, RequestContext } from './provider.ts';
import { providerError } from './provider-error.ts';
import { draftRequest, type RequestDraft } from './request-draft.ts';

/** What a provider's file states. Only the first six lines are needed; the rest is for what is special. */
export interface ProviderSpec
  extends Pick<Provider, 'id' | 'name' | 'variables' | 'baseUrl' | 'models' | 'mendChunk' | 'mendCompletion' | 'fetch'>,
    Partial<Pick<Provider, 'finishReasons' | 'balance' | 'modelsPath'>> {
  aliases?: readonly Alias[];
  /** Changes what the provider would refuse or misread, each with its reason. Throws RouterError for what cannot be mended. */
  prepare?(draft: RequestDraft, context: RequestContext): void;
  /** Our error → the provider's own codes and types for it. */
  errors?: ProviderWords;
  /** Tells an error that neither code nor type nor status gives away. */
  recognise?(complaint: ProviderComplaint): ErrorCode | null;
}

function prepareCommon(draft: RequestDraft, provider: ProviderSpec, { model, parameters }: RequestContext): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (draft.request[name] == null) draft.set(name, value, 'the requested name stands for it');
  }
  if (draft.request.model !== model.id) draft.set('model', model.id, "the provider's own name");
  const { stream, stream_options: options, messages } = draft.request;
  if (stream === true && options?.include_usage !== true) {
    draft.set('stream_options', { ...options, include_usage: true }, 'the bill needs it');
  }
  refuseInputs(provider.id, provider.models, model, messages);
}

/** A provider that speaks OpenAI's Chat Completions, but for what its file says. */
export function openAICompatible(provider: ProviderSpec): Provider {
  const { prepare, errors = {}, recognise = () => null, ...facts } = provider;
  const words = readWords(errors);
  return {
    aliases: [],
    finishReasons: {},
    modelsPath: '/models',
    ...facts,
    request(request: ChatRequest, context: RequestContext) {
      const draft = draftRequest(request);
      prepareCommon(draft, provider, context);
      prepare?.(draft, context);
      return { request: draft.request, changes: [...draft.changes] };
    },
    error: (failure) => providerError(provider, failure, words, recognise),
  };
}
