import { isObject, type JsonObject, parseJson } from '../../protocol/json.ts';
import type { AnswerFacts } from '../dialect.ts';
import { encodeCallId } from '../shared/call-ids.ts';
import { readInput } from '../shared/custom-input.ts';
import { sealEnvelope } from '../shared/envelope.ts';
import type { ResponseForm } from './read-request.ts';
import { idOf } from './response.ts';
import type { ClientTool } from './tool-names.ts';

/** A call as it is known before its arguments are whole. */
export interface CallHead {
  index: number;
  /** The provider's id. */
  id: string;
  tool: ClientTool;
}

/** A message's text as an item. */
export function messageItem(facts: AnswerFacts, index: number, text: string | null): JsonObject {
  return {
    id: idOf('msg', facts.requestId, index),
    type: 'message',
    status: text === null ? 'in_progress' : 'completed',
    role: 'assistant',
    content: text === null ? [] : [textPart(text)],
  };
}

/** The one part of a message. */
export function textPart(text: string): JsonObject {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

/** Reasoning as an item. The envelope is there once the reasoning is whole: from it the provider gets it back. */
export function reasoningItem(
  facts: AnswerFacts,
  { wantsSummary }: ResponseForm,
  index: number,
  said: { text: string; model: string } | null,
): JsonObject {
  const part = said === null ? [] : [{ type: wantsSummary ? 'summary_text' : 'reasoning_text', text: said.text }];
  return {
    id: idOf('rs', facts.requestId, index),
    type: 'reasoning',
    summary: wantsSummary ? part : [],
    ...(wantsSummary ? {} : { content: part }),
    encrypted_content: said === null ? null : sealEnvelope(said),
  };
}

const PREFIXES: Readonly<Record<ClientTool['kind'], string>> = {
  function: 'fc',
  custom: 'ctc',
  tool_search: 'tsc',
  local_shell: 'lsh',
};

function objectOf(text: string): JsonObject {
  const value = parseJson(text);
  return isObject(value) ? value : {};
}

function bodyOf({ kind, name, namespace }: ClientTool, text: string | null): JsonObject {
  const place = namespace === null ? {} : { namespace };
  switch (kind) {
    case 'function':
      // An empty text is no JSON, and would break the client's next turn.
      return { type: 'function_call', name, ...place, arguments: text === null ? '' : text || '{}' };
    case 'custom':
      return { type: 'custom_tool_call', name, ...place, input: text === null ? '' : readInput(text) };
    case 'tool_search':
      return { type: 'tool_search_call', execution: 'client', arguments: text === null ? {} : objectOf(text) };
    case 'local_shell': {
      const { command, env, timeout_ms, working_directory } = objectOf(text ?? '');
      const action = { type: 'exec', command: command ?? [], env: env ?? {}, timeout_ms, working_directory };
      return { type: 'local_shell_call', action };
    }
  }
}

/** A call as an item; `text` is its arguments, null while they are not whole. */
export function callItem(facts: AnswerFacts, { id, index, tool }: CallHead, text: string | null): JsonObject {
  return {
    id: idOf(PREFIXES[tool.kind], facts.requestId, index),
    ...bodyOf(tool, text),
    call_id: encodeCallId('call', facts.requestId, index, id),
    status: text === null ? 'in_progress' : 'completed',
  };
}
