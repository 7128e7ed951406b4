import type { JsonObject } from '../../protocol/json.ts';
import type { AnswerFacts } from '../dialect.ts';

/** What Anthropic's clients are shown of thinking. */
export type ThinkingDisplay =
  /** As text, and its signature says who thought it. */
  | 'shown'
  /** Only in the signature, from where it comes back. */
  | 'omitted'
  /** Not at all: the client has switched thinking off, and the model thinks all the same. */
  | 'hidden';

/** Our ids in Anthropic's form. */
function messageId(requestId: string): string {
  return requestId.replace(/^req_/, 'msg_');
}

/** A message before it has said anything; all members are there, since clients address them. */
export function printMessage({ requestId, requestedModel }: AnswerFacts, members: JsonObject): JsonObject {
  return {
    id: messageId(requestId),
    type: 'message',
    role: 'assistant',
    model: requestedModel,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    ...members,
  };
}
