import type { Alias } from '../catalog/model.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { readWords, type VendorComplaint, type VendorWords } from './failure.ts';
import { refuseInputs } from './inputs.ts';
import type { Provider, RequestContext } from './provider.ts';
import { vendorError } from './provider-error.ts';
import { draftRequest, type RequestDraft } from './request-draft.ts';

/** What a vendor's file states. Only the first six lines are needed; the rest is for what is special. */
export interface Vendor
  extends Pick<Provider, 'id' | 'name' | 'variables' | 'baseUrl' | 'models' | 'mendChunk' | 'mendCompletion' | 'fetch'>,
    Partial<Pick<Provider, 'finishReasons' | 'balance' | 'modelsPath'>> {
  aliases?: readonly Alias[];
  /** Changes what the vendor would refuse or misread, each with its reason. Throws RouterError for what cannot be mended. */
  prepare?(draft: RequestDraft, context: RequestContext): void;
  /** Our error → the vendor's own codes and types for it. */
  errors?: VendorWords;
  /** Tells an error that neither code nor type nor status gives away. */
  recognise?(complaint: VendorComplaint): ErrorCode | null;
}

function prepareCommon(draft: RequestDraft, vendor: Vendor, { model, parameters }: RequestContext): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (draft.request[name] == null) draft.set(name, value, 'the requested name stands for it');
  }
  if (draft.request.model !== model.id) draft.set('model', model.id, "the vendor's own name");
  const { stream, stream_options: options, messages } = draft.request;
  if (stream === true && options?.include_usage !== true) {
    draft.set('stream_options', { ...options, include_usage: true }, 'the bill needs it');
  }
  refuseInputs(vendor.id, vendor.models, model, messages);
}

/** A provider that speaks OpenAI's Chat Completions, but for what its file says. */
export function openAICompatible(vendor: Vendor): Provider {
  const { prepare, errors = {}, recognise = () => null, ...facts } = vendor;
  const words = readWords(errors);
  return {
    aliases: [],
    finishReasons: {},
    modelsPath: '/models',
    ...facts,
    request(request: ChatRequest, context: RequestContext) {
      const draft = draftRequest(request);
      prepareCommon(draft, vendor, context);
      prepare?.(draft, context);
      return { request: draft.request, changes: [...draft.changes] };
    },
    error: (failure) => vendorError(vendor, failure, words, recognise),
  };
}
