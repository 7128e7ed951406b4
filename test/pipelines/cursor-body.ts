import type { PipelineContext, ReasoningMemory, TurnKey } from '../../src/pipelines/pipeline.ts';
import { findPipeline } from '../../src/pipelines/registry.ts';
import type { ChatMessage, ChatRequest } from '../../src/protocol/chat.ts';
import type { JsonObject } from '../../src/protocol/json.ts';

/* What the tests of request bodies share: a thinking model, and what reaches its provider. */

export const EXCHANGE: PipelineContext = {
  requestedModel: 'deepseek/thinker',
  display: 'think',
  provider: 'deepseek',
  model: 'thinker',
  thinks: true,
  wantsReasoning: false,
  // Which ids are told apart is for tool-results.test.ts.
  repeatsCallIds: true,
  canDisableThinking: true,
  memory: null,
};
export const THINKER: Partial<PipelineContext> = { wantsReasoning: true };

export const cursor = findPipeline('cursor');
export const USER = { role: 'user', content: 'Hi' };
export const READ_FILE = {
  name: 'read_file',
  description: 'Reads.',
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
};
export const NESTED = { type: 'function', function: READ_FILE };

/** What the provider gets for a body of Cursor's. */
export async function sent(body: JsonObject, exchange: Partial<PipelineContext> = {}): Promise<ChatRequest> {
  const request = cursor.read?.(structuredClone({ model: 'deepseek/thinker', ...body })) as ChatRequest; // checked by the route in the product
  const conversation = await cursor.open?.(request, { ...EXCHANGE, ...exchange });
  return JSON.parse(JSON.stringify(conversation?.request));
}

export async function sentMessages(
  messages: unknown[],
  exchange: Partial<PipelineContext> = {},
  more: JsonObject = {},
): Promise<ChatMessage[]> {
  return (await sent({ messages, ...more }, exchange)).messages;
}

/** A memory that knows one text, and whom it was asked for. */
export function memoryWith(text: string | null): ReasoningMemory & { asked: TurnKey[] } {
  const asked: TurnKey[] = [];
  return {
    asked,
    async recall(turns) {
      asked.push(...turns);
      return turns.map(() => text);
    },
    remember: () => undefined,
  };
}
