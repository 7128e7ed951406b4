import type { ChatCompletion, ChatRequest } from '../protocol/chat.ts';
import type { StreamStep } from '../protocol/event.ts';
import type { JsonObject } from '../protocol/json.ts';
import type { Notice } from '../protocol/notice.ts';

/** How a key wants reasoning shown, where its pipeline shows it. */
export const REASONING_DISPLAYS = ['think', 'details', 'hidden'] as const;
export type ReasoningDisplay = (typeof REASONING_DISPLAYS)[number];

/** What the reasoning memory knows a turn by. All hashes are of this key's own conversation. */
export interface TurnKey {
  /** Hash of the conversation before the turn together with the turn's tool-call ids, or null without calls. */
  calls: string | null;
  /** Hash of the conversation before the turn together with the turn's own text and calls. */
  turn: string;
}

/** Remembers reasoning for clients that drop it. A port: the Durable Object stands behind it. */
export interface ReasoningMemory {
  /** One call for all turns of a request; null where nothing is known. */
  recall(turns: readonly TurnKey[]): Promise<(string | null)[]>;
  /**
   * Returns at once; the write is under way before the next chunk goes out.
   * A choice that is remembered again replaces what this exchange remembered of it before:
   * a turn is written as soon as its calls have ids, and again when more of it is known.
   */
  remember(choice: number, turn: TurnKey, reasoning: string): void;
}

/** What a pipeline is told about the exchange it speaks for. */
export interface PipelineContext {
  /** The name the client asked for; goes back in the answer where the pipeline says so. */
  requestedModel: string;
  display: ReasoningDisplay;
  /** What the model wants and can, from the catalogue. */
  provider: string;
  model: string;
  wantsReasoning: boolean;
  /** False where the request, or the name that it asks for, switches thinking off. */
  thinks: boolean;
  /** True where one id of a tool call may stand in a conversation more than once, though not in one turn. */
  repeatsCallIds: boolean;
  /** True where `thinking: {type: "disabled"}` is understood. */
  canDisableThinking: boolean;
  /** Null when memory is off. */
  memory: ReasoningMemory | null;
}

/** One exchange as a pipeline sees it: the request to send on, and how the answer is turned back. */
export interface Conversation {
  request: ChatRequest;
  /** What could not be brought back; absent or null where nothing is missing. */
  notice?: Notice | null;
  /** The step that a streamed answer passes. */
  step?: StreamStep;
  /** The same for a whole answer. */
  completion?(completion: ChatCompletion): ChatCompletion;
}

/** How a kind of client speaks. Every hook is optional; a pipeline without any passes all as it is. */
export interface Pipeline {
  readonly purpose: string;
  /** One line for the CLI and the console. */
  readonly description: string;
  /** What stands in its place at the doors that translate; itself where absent. Reads no bodies and answers none. */
  readonly translated?: Pipeline;
  /** Turns whatever body this client sends into Chat Completions. May throw RouterError. */
  read?(body: JsonObject): JsonObject;
  /** For a model nobody knows: the text of a local answer that calls no provider, or null. */
  localAnswer?(request: ChatRequest): string | null;
  /** Opens the exchange: request side now, answer side in what it returns. */
  open?(request: ChatRequest, exchange: PipelineContext): Promise<Conversation> | Conversation;
}
