import type { Alias, Model } from '../catalog/model.ts';
import type { ChatChunk, ChatCompletion, ChatRequest } from '../protocol/chat.ts';
import type { EmbeddingRequest } from '../protocol/embeddings.ts';
import type { RouterError } from '../protocol/errors.ts';
import type { Notice } from '../protocol/notice.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Balance } from './read-balance.ts';

/** A name of `.dev.vars.example`: one that is missing there does not compile. */
export type VariableName = Extract<keyof Cloudflare.Env, string>;

/** What a provider's file is told about the request it prepares. */
export interface RequestContext {
  model: Model;
  /** What the requested name stands for beside the model; the client's own members come first. */
  parameters: Readonly<Record<string, unknown>>;
  /** A stable hash that stands for the caller, for providers that separate caches or safety by user; always ours. */
  userHash: string;
  /** Whether the caller may use a model, by its full name: only such are advised. All where it is left out. */
  mayUse?: (name: string) => boolean;
}

/** A request as a provider gets it. */
interface PreparedRequest {
  request: ChatRequest;
  /** What was changed, in words, for the debug line. */
  changes: string[];
  /** What was missing in it, and how it is served all the same; null where all is there. */
  notice: Notice | null;
}

/** A provider's failed answer, before it is an error of ours. */
export interface ProviderFailure {
  /** The provider's HTTP status; 200 where a good status held an error. */
  status: number;
  /** The body as text, at most 64 KiB of it. */
  body: string;
  /** Whole seconds, as the provider asked. */
  retryAfter: number | null;
}

/**
 * One provider: data, and only the hooks it needs.
 * Requests are changed by copying the top level (`{...request, x}`): members that keep their identity are sent
 * as the very bytes the client wrote. Answers are the router's own and are mended in place.
 */
export interface Provider {
  readonly id: string;
  readonly name: string;
  /** Names of its variables. The test provider has none; a declared one has its base URL in the catalogue. */
  readonly variables: { readonly apiKey: string; readonly baseUrl: string | null } | null;
  readonly baseUrl: string;
  readonly models: readonly Model[];
  readonly aliases: readonly Alias[];
  /**
   * True where its own ids of tool calls begin anew in each turn, so that one may stand in a conversation more than once.
   * Others refuse that.
   */
  readonly repeatsCallIds: boolean;
  /** Provider finish reasons outside OpenAI's set → OpenAI's. `error` makes the answer a failure. */
  readonly finishReasons: Readonly<Record<string, string>>;
  /** Its name for the limit of an answer. */
  readonly limitName: string;
  /** Request quirks. Throws RouterError for what the provider would refuse. */
  request(request: ChatRequest, context: RequestContext): PreparedRequest;
  /** Whether a request, as it gets it, will be answered with thinking. */
  isThinking(prepared: ChatRequest, model: Model): boolean;
  /** What its answer says that was used; null where it says nothing that can be read. */
  readUsage(usage: unknown): Usage | null;
  /** True where it says itself what an answer cost: that is the bill then, and no price is needed. */
  readonly statesCost: boolean;
  /** Mends what is special about this provider's chunks; true when it changed the chunk. */
  mendChunk?(chunk: ChatChunk): boolean;
  /** The same for a whole answer. */
  mendCompletion?(completion: ChatCompletion): boolean;
  /** The provider's failure → our error. */
  error(failure: ProviderFailure): RouterError;
  /** Where the provider says how much money is left. */
  readonly balance?: { readonly path: string; read(body: unknown): Balance | null };
  /** How the key travels: as `authorization: Bearer …`, or in the header of this name. */
  readonly auth: string;
  /** Path of the provider's model list for live checks; null where there is none. */
  readonly modelsPath: string | null;
  readonly embeddingsPath: string;
  /**
   * Answers in place of the network; the test provider's way. It gets the request itself, not its text:
   * to print a large one and to parse it again would cost as much as all else.
   */
  answer?(request: ChatRequest, signal: AbortSignal, requestId: string): Promise<Response>;
  /** The same for embeddings. */
  embed?(request: EmbeddingRequest): Promise<Response>;
}
